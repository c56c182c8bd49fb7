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

// What others left here, as it is stored.
export function leftBy(node) {
    return {
        comments: node.sql(`SELECT c.object_uri AS uri, a.uri AS actor, c.state, c.html, c.post_id AS post, c.parent_id AS parent
                            FROM comment c JOIN actor a ON a.id = c.actor_id ORDER BY c.id`),
        reactions: node.sql(`SELECT r.kind, a.uri AS actor, r.post_id AS post, r.comment_id AS comment FROM reaction r
                             JOIN actor a ON a.id = r.actor_id ORDER BY r.id`),
        follows: node.sql(`SELECT a.uri AS actor, t.local_kind AS target FROM follow f JOIN actor a ON a.id = f.actor_id
                           JOIN actor t ON t.id = f.target_id ORDER BY f.id`),
        counters: node.sql('SELECT id, n_comments, n_likes, n_announces, n_public_comments, n_remote_likes FROM post ORDER BY id'),
    };
}
