// The remote peer's process, and what it has received.
import { fork } from 'node:child_process';
import { freePort, eventually } from './node.mjs';

export class Peer {
    // origin: where others see it, when something stands in front; env: more of the environment.
    static async start({ knock, origin, port, env } = {}) {
        const peer = new Peer();
        peer.port = port ?? await freePort();
        peer.origin = origin ?? `http://localhost:${peer.port}`;
        peer.inbox = [];    // activities that Fedify verified
        peer.bytes = [];    // every POST as it came
        peer.trouble = [];
        const waiting = new Map();
        let n = 0;
        peer.child = fork(new URL('./fedify_peer.mjs', import.meta.url), [], {
            env: { ...process.env, PEER_PORT: peer.port, PEER_KNOCK: knock ?? '', PEER_ORIGIN: peer.origin, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
        await new Promise((ready, failed) => {
            peer.child.once('exit', (code) => failed(new Error(`the peer ended: ${code}`)));
            peer.child.on('message', (m) => {
                if (m.ready) ready();
                if (m.received) peer.inbox.push(m.received);
                if (m.bytes !== undefined) peer.bytes.push(m);
                if (m.trouble) peer.trouble.push(m.trouble);
                if (m.n !== undefined) {
                    const [ok, bad] = waiting.get(m.n);
                    waiting.delete(m.n);
                    m.error ? bad(new Error(m.error)) : ok(m.answer);
                }
            });
        });
        peer.call = (command, args) => new Promise((ok, bad) => {
            waiting.set(++n, [ok, bad]);
            peer.child.send({ n, command, args });
        });
        return peer;
    }
    // The first activity of a type that fits, once it is there.
    async got(type, fits = () => true, timeout = 150000) {
        try {
            return await eventually(`${type} at the peer`, () => this.inbox.find((a) => a.type === type && fits(a.json, a)), { timeout });
        } catch (e) {
            throw new Error(`${e.message}; it has ${JSON.stringify(this.inbox.map((a) => [a.type, a.id]))} ${this.trouble.join('\n').slice(0, 2000)}`);
        }
    }
    async stop() {
        if (this.child.exitCode !== null) return;
        const gone = new Promise((ok) => this.child.once('exit', ok));
        this.child.kill('SIGKILL');
        await gone;
    }
}
