// Somebody else's server: Fedify, in a process of its own. Spoken to over the IPC channel (peer.mjs).
import http from 'node:http';
import { createFederation, generateCryptoKeyPair, InProcessMessageQueue, MemoryKvStore } from '@fedify/fedify';
import { Accept, Activity, Announce, Block, Create, Delete, Endpoints, Flag, Follow, Like, Mention, Move, Note, Person,
         PUBLIC_COLLECTION, QuoteRequest, Tombstone, Undo, Update } from '@fedify/vocab';
import { Temporal } from '@js-temporal/polyfill';

const port = Number(process.env.PEER_PORT);
const origin = process.env.PEER_ORIGIN;
const people = ['ann', 'bob'];
const notes = new Map(); // id → Note
const received = [];
const sent = new Map(); // id → activity, for Undo
const names = new Map(); // who → a name that is not the usual one
const moving = new Map(); // who → {aliases, successor}

const federation = createFederation({
    kv: new MemoryKvStore(),
    queue: new InProcessMessageQueue(),
    origin,
    allowPrivateAddress: true,
    firstKnock: process.env.PEER_KNOCK || 'draft-cavage-http-signatures-12',
});

// Once per run: new ones at each question would break those who keep them.
const keys = Object.fromEntries(await Promise.all(people.map(async (p) =>
    [p, [await generateCryptoKeyPair('RSASSA-PKCS1-v1_5'), await generateCryptoKeyPair('Ed25519')]])));

federation.setActorDispatcher('/users/{identifier}', async (ctx, identifier) => {
    if (!people.includes(identifier)) return null;
    const pairs = await ctx.getActorKeyPairs(identifier);
    const { aliases = [], successor } = moving.get(identifier) ?? {};
    return new Person({
        aliases: aliases.map((a) => new URL(a)), ...(successor ? { successor: new URL(successor) } : {}),
        id: ctx.getActorUri(identifier), preferredUsername: identifier, name: names.get(identifier) ?? identifier[0].toUpperCase() + identifier.slice(1),
        inbox: ctx.getInboxUri(identifier), outbox: ctx.getOutboxUri(identifier), followers: ctx.getFollowersUri(identifier),
        endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
        url: new URL(`/@${identifier}`, origin),
        publicKey: pairs[0].cryptographicKey, assertionMethods: pairs.map((p) => p.multikey),
    });
}).setKeyPairsDispatcher((_, identifier) => keys[identifier] ?? []);
federation.setOutboxDispatcher('/users/{identifier}/outbox', () => ({ items: [] }));
federation.setFollowersDispatcher('/users/{identifier}/followers', () => ({ items: [] }));
federation.setObjectDispatcher(Note, '/users/{identifier}/notes/{id}', (ctx, values) =>
    notes.get(ctx.getObjectUri(Note, values).href) ?? null);
federation.setInboxListeners('/users/{identifier}/inbox', '/inbox')
    .on(Activity, async (ctx, activity) => {
        // Only what Fedify verified and understood comes here.
        const entry = { at: Date.now(), type: activity.constructor.name, id: activity.id?.href, actor: activity.actorId?.href,
                        to: ctx.recipient, json: await activity.toJsonLd({ contextLoader: ctx.contextLoader }) };
        received.push(entry);
        process.send({ received: entry });
    })
    .onError((_, error) => { process.send({ trouble: String(error?.stack ?? error) }); });

const context = () => federation.createContext(new URL(origin), undefined);
async function lookup(ctx, who, url) {
    const documentLoader = await ctx.getDocumentLoader({ identifier: who });
    return ctx.lookupObject(new URL(url), { documentLoader });
}
async function deliver(ctx, who, to, activity) {
    const actor = await lookup(ctx, who, to);
    if (!actor?.inboxId) throw new Error(`${to} has no inbox`);
    sent.set(activity.id.href, activity);
    await ctx.sendActivity({ identifier: who }, actor, activity, { immediate: true });
    return { id: activity.id.href, object: activity.objectId?.href };
}
const fresh = (what) => new URL(`/${what}/${crypto.randomUUID()}`, origin);

const commands = {
    async lookup(ctx, { who = 'ann', url }) {
        const object = await lookup(ctx, who, url);
        return object && { type: object.constructor.name, json: await object.toJsonLd({ contextLoader: ctx.contextLoader, format: 'expand' }) };
    },
    // Every item that the outbox yields, page by page, as Fedify reads them.
    async outbox(ctx, { who = 'ann', url }) {
        const actor = await lookup(ctx, who, url);
        const documentLoader = await ctx.getDocumentLoader({ identifier: who });
        const outbox = await actor.getOutbox({ documentLoader });
        const items = [];
        for await (const item of ctx.traverseCollection(outbox, { documentLoader }))
            items.push({ type: item.constructor.name, id: item.id?.href, object: (await item.getObject?.({ documentLoader }))?.id?.href });
        return { total: outbox.totalItems, items };
    },
    async follow(ctx, { who = 'ann', url }) {
        return deliver(ctx, who, url, new Follow({ id: fresh('follows'), actor: ctx.getActorUri(who), object: new URL(url) }));
    },
    async like(ctx, { who = 'ann', to, url }) {
        return deliver(ctx, who, to, new Like({ id: fresh('likes'), actor: ctx.getActorUri(who), object: new URL(url) }));
    },
    async announce(ctx, { who = 'ann', to, url }) {
        return deliver(ctx, who, to, new Announce({ id: fresh('boosts'), actor: ctx.getActorUri(who), object: new URL(url),
            to: PUBLIC_COLLECTION, cc: ctx.getFollowersUri(who), published: Temporal.Now.instant() }));
    },
    async undo(ctx, { who = 'ann', to, id }) {
        return deliver(ctx, who, to, new Undo({ id: fresh('undos'), actor: ctx.getActorUri(who), object: sent.get(id) }));
    },
    async reply(ctx, { who = 'ann', to, url, content }) {
        const id = ctx.getObjectUri(Note, { identifier: who, id: crypto.randomUUID() });
        const note = new Note({ id, attribution: ctx.getActorUri(who), content, replyTarget: new URL(url), to: PUBLIC_COLLECTION,
                                cc: new URL(to), published: Temporal.Now.instant(), url: id });
        notes.set(id.href, note);
        return deliver(ctx, who, to, new Create({ id: new URL('#create', id), actor: ctx.getActorUri(who), object: note,
                                                  to: PUBLIC_COLLECTION, cc: new URL(to) }));
    },
    // A note to one actor alone, with a mention.
    async direct(ctx, { who = 'ann', to, content, answers }) {
        const id = ctx.getObjectUri(Note, { identifier: who, id: crypto.randomUUID() });
        const note = new Note({ id, attribution: ctx.getActorUri(who), content, to: new URL(to), published: Temporal.Now.instant(),
                                tags: [new Mention({ href: new URL(to), name: '@tea' })], ...(answers ? { replyTarget: new URL(answers) } : {}) });
        return deliver(ctx, who, to, new Create({ id: new URL('#create', id), actor: ctx.getActorUri(who), object: note, to: new URL(to) }));
    },
    async edit(ctx, { who = 'ann', to, note, content }) {
        const changed = notes.get(note).clone({ content, updated: Temporal.Now.instant() });
        notes.set(note, changed);
        return deliver(ctx, who, to, new Update({ id: new URL(`#update-${Date.now()}`, note), actor: ctx.getActorUri(who), object: changed,
                                                  to: PUBLIC_COLLECTION, cc: new URL(to) }));
    },
    async remove(ctx, { who = 'ann', to, note }) {
        notes.delete(note);
        return deliver(ctx, who, to, new Delete({ id: new URL('#delete', note), actor: ctx.getActorUri(who),
                                                  object: new Tombstone({ id: new URL(note) }), to: PUBLIC_COLLECTION }));
    },
    async flag(ctx, { who = 'ann', to, objects, content }) {
        return deliver(ctx, who, to, new Flag({ id: fresh('flags'), actor: ctx.getActorUri(who), content,
                                                objects: objects.map((o) => new URL(o)) }));
    },
    async become(ctx, { who = 'ann', aliases, successor }) {
        moving.set(who, { aliases, successor });
        return ctx.getActorUri(who).href;
    },
    async move(ctx, { who = 'ann', to, target }) {
        return deliver(ctx, who, to, new Move({ id: fresh('moves'), actor: ctx.getActorUri(who),
                                                object: ctx.getActorUri(who), target: new URL(target) }));
    },
    async block(ctx, { who = 'ann', url }) {
        return deliver(ctx, who, url, new Block({ id: fresh('blocks'), actor: ctx.getActorUri(who), object: new URL(url) }));
    },
    async rename(ctx, { who = 'ann', to, name }) {
        names.set(who, name);
        return deliver(ctx, who, to, new Update({ id: fresh('updates'), actor: ctx.getActorUri(who), object: ctx.getActorUri(who), to: PUBLIC_COLLECTION }));
    },
    async quote(ctx, { who = 'ann', to, url, content }) {
        const id = ctx.getObjectUri(Note, { identifier: who, id: crypto.randomUUID() });
        const note = new Note({ id, attribution: ctx.getActorUri(who), content, quote: new URL(url), to: PUBLIC_COLLECTION, published: Temporal.Now.instant(), url: id });
        notes.set(id.href, note);
        return { note: id.href, ...await deliver(ctx, who, to, new QuoteRequest({ id: fresh('quotes'), actor: ctx.getActorUri(who), object: new URL(url), instrument: note })) };
    },
    async direct(ctx, { who = 'ann', to, content }) {
        const id = ctx.getObjectUri(Note, { identifier: who, id: crypto.randomUUID() });
        const note = new Note({ id, attribution: ctx.getActorUri(who), content, to: new URL(to), published: Temporal.Now.instant(), url: id });
        return deliver(ctx, who, to, new Create({ id: new URL('#create', id), actor: ctx.getActorUri(who), object: note, to: new URL(to) }));
    },
    async accepted() { return received.filter((r) => r.type === Accept.name).length; },
};

const server = http.createServer(async (rq, rs) => {
    const parts = [];
    for await (const part of rq) parts.push(part);
    const body = Buffer.concat(parts);
    if (rq.method === 'POST') process.send({ bytes: body.toString('utf8'), headers: rq.headers, path: rq.url });
    try {
        const answer = await federation.fetch(new Request(new URL(rq.url, origin), {
            method: rq.method, headers: new Headers(Object.entries(rq.headers).map(([k, v]) => [k, String(v)])),
            ...(['GET', 'HEAD'].includes(rq.method) ? {} : { body }) }), { contextData: undefined });
        rs.writeHead(answer.status, Object.fromEntries(answer.headers));
        rs.end(Buffer.from(await answer.arrayBuffer()));
    } catch (e) {
        process.send({ trouble: String(e?.stack ?? e) });
        rs.writeHead(500).end();
    }
});
process.on('message', async ({ n, command, args }) => {
    try {
        process.send({ n, answer: await commands[command](context(), args ?? {}) ?? null });
    } catch (e) {
        process.send({ n, error: String(e?.stack ?? e) });
    }
});
process.on('disconnect', () => process.exit(0));
server.listen(port, '127.0.0.1', () => process.send({ ready: true }));
