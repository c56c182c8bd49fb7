// What every document of ours must look like to the strictest reader: Mastodon, Lemmy, GoToSocial and
// Fedify each insist on some of it (federation.md 1.8 to 1.17, 5.9).
const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const LISTS = ['to', 'cc', 'tag', 'attachment', 'orderedItems', 'items', 'alsoKnownAs', 'assertionMethod', 'audience'];
const ACTORS = ['Person', 'Organization', 'Service', 'Application', 'Group'];
const NOTES = ['Note', 'Article', 'Question'];
const COLLECTIONS = ['Collection', 'OrderedCollection', 'CollectionPage', 'OrderedCollectionPage'];

const isIri = (s) => typeof s === 'string' && /^https?:\/\/[^/\s]+\/\S*$/.test(s) && URL.canParse(s);

function* walk(j, path, origin) {
    if (j === null) yield `${path} is null`;
    if (Array.isArray(j)) {
        for (const [i, one] of j.entries()) yield* walk(one, `${path}[${i}]`, origin);
    } else if (j && typeof j === 'object') {
        for (const [key, value] of Object.entries(j)) {
            if (key === '@context') continue;
            const at = `${path}.${key}`;
            if ((key === 'id' || key === 'href' || key === 'url') && typeof value === 'string' && !isIri(value)) yield `${at}: ${value}`;
            if (['published', 'updated', 'deleted', 'endTime', 'startTime', 'created'].includes(key) && !TIME.test(value)) yield `${at}: ${value}`;
            if (LISTS.includes(key) && !Array.isArray(value)) yield `${at} is no array`;
            if (['totalItems', 'width', 'height'].includes(key) && !Number.isInteger(value)) yield `${at} is no number`;
            if (key === 'bto' || key === 'bcc') yield `${at} is told`;
            yield* walk(value, at, origin);
        }
    }
}
function* addressed(j, path) {
    for (const key of ['to', 'cc'])
        for (const one of Array.isArray(j[key]) ? j[key] : [])
            if (!isIri(one)) yield `${path}.${key}: ${JSON.stringify(one)}`;
}
function* note(j, path, origin) {
    // A private message has no page, and takes nothing along.
    const direct = j.id?.startsWith(`${origin}/ap/d/`);
    for (const key of ['id', 'type', 'attributedTo', ...(direct ? [] : ['url', 'attachment']), 'published', 'content', 'to', 'cc', 'sensitive', 'tag', 'contentMap'])
        if (!(key in j)) yield `${path} has no ${key}`;
    if (direct && [...j.to, ...j.cc].some((one) => one === PUBLIC || one.startsWith(origin))) yield `${path} is private, and to ${j.to} ${j.cc}`;
    if (typeof j.attributedTo !== 'string') yield `${path}.attributedTo is no string`;
    if (typeof j.sensitive !== 'boolean') yield `${path}.sensitive`;
    if (!direct && !j.id?.startsWith(`${origin}/ap/o/`)) yield `${path}.id: ${j.id}`;
    if (/\?/.test(j.id)) yield `${path}.id has a query`;
    if (j.url && new URL(j.url).host !== new URL(j.id).host) yield `${path}.url is elsewhere`;
    if (j.updated && new Date(j.updated) <= new Date(j.published)) yield `${path}.updated is not after published`;
    const languages = Object.keys(j.contentMap ?? {});
    if (languages.length !== 1 || j.contentMap[languages[0]] !== j.content) yield `${path}.contentMap is not one language with the same text`;
    if (/<(script|style|iframe|img|svg|h[1-6]|table|div)\b|\son\w+=/i.test(j.content ?? '')) yield `${path}.content has markup that is not known elsewhere`;
    for (const tag of j.tag ?? []) {
        if (tag.type === 'Hashtag' && !/^#\S+$/.test(tag.name)) yield `${path} hashtag ${tag.name}`;
        if (tag.type === 'Mention' && ![...j.to, ...j.cc].includes(tag.href)) yield `${path} mentions ${tag.href} without addressing it`;
    }
    yield* addressed(j, path);
}
function* actor(j, path, origin) {
    for (const key of ['id', 'type', 'preferredUsername', 'inbox', 'outbox', 'url', 'publicKey'])
        if (!(key in j)) yield `${path} has no ${key}`;
    if (!/^[A-Za-z0-9_]{1,30}$/.test(j.preferredUsername) && j.id !== `${origin}/ap/instance`) yield `${path}.preferredUsername ${j.preferredUsername}`;
    if (Array.isArray(j.publicKey)) yield `${path}.publicKey is an array`;
    else if (j.publicKey.owner !== j.id || j.publicKey.id !== `${j.id}#main-key`) yield `${path}.publicKey ${j.publicKey.id} of ${j.publicKey.owner}`;
    else if (!/^-----BEGIN PUBLIC KEY-----\n[\s\S]+\n-----END PUBLIC KEY-----\n$/.test(j.publicKey.publicKeyPem)) yield `${path}.publicKeyPem`;
    for (const key of ['id', 'inbox', 'outbox', 'followers', 'following', 'featured'])
        if (j[key] && /\?/.test(j[key])) yield `${path}.${key} has a query`;
    if (j.url && new URL(j.url).host !== new URL(j.id).host) yield `${path}.url is elsewhere`;
}

// Each thing that somebody's parser would stumble over, in words; none: [].
export function shapeFaults(j, origin, path = '$') {
    if (!j || typeof j !== 'object' || Array.isArray(j)) return [`${path} is no object`];
    const faults = [...walk(j, path, origin)];
    const context = Array.isArray(j['@context']) ? j['@context'][0] : j['@context'];
    if (path === '$' && context !== 'https://www.w3.org/ns/activitystreams') faults.push(`the first context is ${context}`);
    if (typeof j.type !== 'string') faults.push(`${path}.type is ${JSON.stringify(j.type)}`);
    if (j.type !== 'Link' && !isIri(j.id)) faults.push(`${path}.id is ${j.id}`);
    if (NOTES.includes(j.type)) faults.push(...note(j, path, origin));
    else if (ACTORS.includes(j.type)) faults.push(...actor(j, path, origin));
    else if (!COLLECTIONS.includes(j.type) && j.type !== 'Tombstone' && j.type !== 'QuoteAuthorization') {
        if (typeof j.actor !== 'string' || !j.actor.startsWith(`${origin}/ap/`)) faults.push(`${path}.actor is ${JSON.stringify(j.actor)}`);
        if (j.object === undefined) faults.push(`${path} has no object`);
        faults.push(...addressed(j, path));
        if (['Create', 'Update'].includes(j.type)) {
            if (typeof j.object !== 'object') faults.push(`${path}.object is not embedded`);
            else faults.push(...shapeFaults(j.object, origin, `${path}.object`));
            if (j.object?.attributedTo && j.object.attributedTo !== j.actor) faults.push(`${path}.object is by ${j.object.attributedTo}`);
        }
        if (j.type === 'Update' && NOTES.includes(j.object?.type) && !j.object.updated) faults.push('an Update of a note without updated');
        const gone = j.object?.id ?? j.object;
        if (j.type === 'Delete' && gone !== j.actor && !gone?.startsWith(`${origin}/ap/q/`) && j.object?.type !== 'Tombstone') faults.push('a Delete without a Tombstone');
        if (['Accept', 'Reject'].includes(j.type) && typeof j.object !== 'object') faults.push(`${j.type} does not embed what it answers`);
        if (['Create', 'Update', 'Delete'].includes(j.type) && !(j.to?.length || j.cc?.length)) faults.push(`${j.type} is addressed to nobody`);
        if (['Accept', 'Reject', 'Follow'].includes(j.type) && [...j.to ?? [], ...j.cc ?? []].includes(PUBLIC)) faults.push(`${j.type} is public`);
    }
    return faults;
}
