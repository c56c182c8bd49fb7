// A program that uses the JSON API as its own description says: what it sends and what it gets is checked
// against the OpenAPI document, and what was never called is known at the end.
import assert from 'node:assert/strict';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { request } from './client.mjs';

export class Api {
    static async of(node) {
        const api = new Api();
        const got = await request(`${node.origin}/api/v1/openapi.json`, { at: node.at });
        assert.equal(got.status, 200, got.text);
        api.document = JSON.parse(got.text);
        api.ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true, keywords: ['operationId'] });
        addFormats(api.ajv);
        api.ajv.addVocabulary(['paths', 'info', 'openapi', 'servers', 'components']);
        api.ajv.addSchema({ $id: 'openapi.json', ...api.document });
        api.node = node;
        api.called = new Set();
        api.operations = {};
        for (const [path, methods] of Object.entries(api.document.paths))
            for (const [method, operation] of Object.entries(methods))
                api.operations[operation.operationId] = { path, method: method.toUpperCase(), ...operation };
        return api;
    }

    check(schema, value, what) {
        const validate = this.ajv.getSchema(schema.$ref.replace('#', 'openapi.json#'));
        assert.ok(validate, `${what}: there is no ${schema.$ref}`);
        assert.ok(validate(value), `${what}: ${JSON.stringify(validate.errors)}\n${JSON.stringify(value).slice(0, 1500)}`);
    }

    // Whoever has this token. as(token)('tiers', { handle: 'tea' }, body) answers the document; a problem is thrown.
    as(token, { lang } = {}) {
        const call = async (id, params = {}, body = undefined, headers = {}) => {
            const got = await this.raw(token, id, params, body, { ...(lang ? { 'accept-language': lang } : {}), ...headers });
            if (got.status >= 400) {
                this.check({ $ref: '#/components/schemas/Problem' }, got.json, id);
                assert.match(got.headers['content-type'], /^application\/problem\+json/);
                assert.equal(got.json.status, got.status);
                throw Object.assign(new Error(`${id}: ${got.status} ${got.json.detail}`), { status: got.status, problem: got.json, got });
            }
            const operation = this.operations[id];
            const [status, answer] = Object.entries(operation.responses).find(([s]) => s !== 'default');
            assert.equal(got.status, Number(status), `${id}: ${got.text}`);
            if (answer.content && got.json === undefined)
                assert.ok(answer.content[got.headers['content-type'].split(';')[0]], `${id}: ${got.headers['content-type']}`);
            else if (answer.content) this.check(answer.content['application/json'].schema, got.json, id);
            else assert.equal(got.text, '');
            this.called.add(id);
            return got.json ?? got.text;
        };
        // The problem that it answers with.
        call.fails = async (status, id, ...rest) => {
            const e = await call(id, ...rest).then((v) => assert.fail(`${id} went well: ${JSON.stringify(v)}`), (error) => error);
            if (e.status === undefined) throw e;
            assert.equal(e.status, status, e.message);
            return e.problem;
        };
        return call;
    }

    // Without judging the answer: {status, headers, text, json}.
    async raw(token, id, params = {}, body = undefined, headers = {}) {
        const operation = this.operations[id];
        assert.ok(operation, `there is no operation ${id}`);
        const rest = { ...params };
        const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => {
            assert.ok(name in rest, `${id} wants ${name}`);
            const value = encodeURIComponent(rest[name]);
            delete rest[name];
            return value;
        });
        const known = (operation.parameters ?? []).filter((p) => p.in === 'query').map((p) => p.name);
        for (const name of Object.keys(rest)) assert.ok(known.includes(name), `${id} has no parameter ${name}`);
        const query = new URLSearchParams(rest).toString();
        const got = await request(`${this.node.origin}${path}${query ? `?${query}` : ''}`, {
            method: operation.method, at: this.node.at,
            headers: { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}),
                       ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        const json = /[/+]json(;|$)/.test(got.headers['content-type'] ?? '') && got.text !== '' ? JSON.parse(got.text) : undefined;
        if (got.status < 400 && body !== undefined && operation.requestBody)
            this.check(operation.requestBody.content['application/json'].schema, body, `what was sent to ${id}`);
        return { ...got, json };
    }

    neverCalled() { return Object.keys(this.operations).filter((id) => !this.called.has(id)).sort(); }
}
