// What tests of federation ask of a node again and again: its documents, and what it has stored.
import assert from 'node:assert/strict';
import jsonld from 'jsonld';
import { preloadedContexts } from '@fedify/vocab-runtime';
import { request } from './client.mjs';
import { eventually } from './node.mjs';

export const AP = 'application/activity+json';
export const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public';

export const get = (url, accept = AP, headers = {}) => request(url, { headers: { accept, ...headers } });
export async function json(url, accept) {
    const rs = await get(url, accept);
    assert.equal(rs.status, 200, `GET ${url}: ${rs.status} ${rs.text.slice(0, 300)}`);
    return JSON.parse(rs.text);
}
export async function planetOf(node, handle = 'tea') {
    const finger = await json(`${node.origin}/.well-known/webfinger?resource=acct:${handle}@${node.host}`, '*/*');
    return json(finger.links.find((l) => l.rel === 'self').href);
}

// Contexts from memory alone: what is not among them is an address that no peer could count on.
const loader = async (url) => {
    const document = preloadedContexts[url];
    assert.ok(document, `an unknown context: ${url}`);
    return { contextUrl: null, documentUrl: url, document };
};
// Every key that we write must mean something: in safe mode a lost one is an error.
export const expand = (document) => jsonld.expand(document, { documentLoader: loader, safe: true })
    .catch((e) => assert.fail(`${e.message} ${JSON.stringify(e.details)}\n${JSON.stringify(document).slice(0, 3000)}`));

// Everything that came in has been looked at.
export const settled = (node, options) => eventually('everything received is looked at', () => Number(node.column(
    `SELECT COUNT(*) FROM job WHERE kind IN ('fed.receive', 'fed.forward', 'fed.check') AND state <> 'resting' AND run_at <= ${Date.now() + 2000}`)[0]) === 0, options);

// What others left here, as it is stored; host: of one server alone. One question for all, so that a test
// may ask often.
export function leftBy(node, host) {
    const of = (actor) => (host ? `WHERE ${actor}.host = '${host}'` : '');
    const part = (what, columns, rest) => `SELECT '${what}' AS what, ${
        [...'abcdef'].map((name, i) => `CAST(${columns[i] ?? 'NULL'} AS TEXT) AS ${name}`).join(', ')} ${rest}`;
    const rows = node.sql(`SELECT * FROM (${[
        part('comment', ['c.id', 'a.uri', 'c.object_uri', 'c.state', 'c.html', 'c.kind'], `FROM comment c JOIN actor a ON a.id = c.actor_id ${of('a')}`),
        part('reaction', ['r.id', 'a.uri', 'r.kind', 'r.post_id', 'r.comment_id'], `FROM reaction r JOIN actor a ON a.id = r.actor_id ${of('a')}`),
        part('emoji', ['e.id', 'a.uri', 'e.emoji', 'e.post_id', 'e.comment_id'], `FROM emoji_reaction e JOIN actor a ON a.id = e.actor_id ${of('a')}`),
        part('follow', ['f.id', 'a.uri', 't.local_kind', 'f.state'], `FROM follow f JOIN actor a ON a.id = f.actor_id JOIN actor t ON t.id = f.target_id ${of('a')}`),
        part('quote', ['q.id', 'a.uri', 'q.target_uri', 'q.quote_uri', 'q.revoked_at'], `FROM quote_grant q JOIN actor a ON a.id = q.actor_id ${of('a')}`),
        part('report', ['p.id', 'a.uri', 'p.uri', 'p.reason', 'p.text'], `FROM report p JOIN actor a ON a.id = p.by_actor_id ${of('a')}`),
        ...(host ? [] : [part('counter', ['id', 'n_comments', 'n_likes', 'n_announces', 'n_public_comments', 'n_remote_likes'], 'FROM post'),
                         part('ours', ['id', 'state', 'object_uri', 'access'], 'FROM post'),
                         part('member', ['id', 'state', 'html'], 'FROM comment WHERE account_id IS NOT NULL')]),
    ].join(' UNION ALL ')}) AS left_`);
    const named = (what, ...names) => rows.filter((r) => r.what === what).sort((x, y) => (x.a.length - y.a.length) || (x.a < y.a ? -1 : 1))
        .map((r) => Object.fromEntries(names.map((name, i) => [name, r['abcdef'[i]]])));
    return {
        comments: named('comment', 'id', 'actor', 'uri', 'state', 'html', 'kind'),
        reactions: named('reaction', 'id', 'actor', 'kind', 'post', 'comment'),
        emoji: named('emoji', 'id', 'actor', 'emoji', 'post', 'comment'),
        follows: named('follow', 'id', 'actor', 'target', 'state'),
        quotes: named('quote', 'id', 'actor', 'target', 'quote', 'revoked'),
        reports: named('report', 'id', 'actor', 'uri', 'reason', 'text'),
        ...(host ? {} : { counters: named('counter', 'id', 'comments', 'likes', 'boosts', 'public', 'remote'), ours: named('ours', 'id', 'state', 'uri', 'access'),
                          members: named('member', 'id', 'state', 'html') }),
    };
}
