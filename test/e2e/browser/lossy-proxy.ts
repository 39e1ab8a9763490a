/** A server that fails: an HTTP proxy on the loopback that can break off every connection, or answer for the Worker. */
import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const HOST = '127.0.0.1';
const MANIFEST = /^\/v\/[^/]+\/(main\.m3u8|manifest\.mpd)$/;
const SESSION = /^\/s\/([^/]+)\//;

export type LossyProxy = {
  url: string;
  /** Paths of the requests that went through, in order. */
  passed: readonly string[];
  /** Breaks off what is under way, and every new connection until it is mended. */
  cut(): void;
  mend(): void;
  /** Sessions that have been used so far are answered 403 `session_expired` from now on; newer ones go through. */
  expireSessions(): void;
  /** From now on links' manifests differ from those before, as those of another version do. */
  republish(): void;
  /** So is every session, with `session_revoked`, until it is mended. */
  revokeSessions(): void;
  close(): Promise<void>;
};

export async function startLossyProxy(target: string): Promise<LossyProxy> {
  const { hostname, port } = new URL(target);
  const passed: string[] = [];
  const sessions = new Set<string>();
  const expired = new Set<string>();
  let isCut = false;
  let isRevoked = false;
  let isRepublished = false;

  function pass(from: IncomingMessage, to: ServerResponse): void {
    const { method, url: path = '' } = from;
    const changes = isRepublished && MANIFEST.test(path);
    const headers = changes ? { ...from.headers, 'accept-encoding': 'identity' } : from.headers;
    const upstream = ask({ hostname, port, method, path, headers }, (answer) => {
      const { 'content-length': _, ...rest } = answer.headers;
      to.writeHead(answer.statusCode ?? 502, changes ? rest : answer.headers);
      answer.pipe(to, { end: !changes });
      if (changes) {
        answer.on('end', () => to.end(path.endsWith('.mpd') ? '<!-- again -->' : '# again\n'));
      }
    });
    upstream.on('error', () => to.destroy());
    to.on('close', () => upstream.destroy());
    from.pipe(upstream);
  }

  const server = createServer((from, to) => {
    const session = SESSION.exec(from.url ?? '')?.[1];
    if (isCut) {
      from.socket.resetAndDestroy();
    } else if (session !== undefined && (isRevoked || expired.has(session))) {
      const code = isRevoked ? 'session_revoked' : 'session_expired';
      const headers = { 'content-type': 'application/problem+json', 'access-control-allow-origin': '*' };
      to.writeHead(403, headers).end(JSON.stringify({ type: 'about:blank', status: 403, code, title: code }));
    } else {
      sessions.add(session ?? '');
      passed.push(from.url ?? '');
      pass(from, to);
    }
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    passed,
    cut() {
      isCut = true;
      server.closeAllConnections();
    },
    mend() {
      isCut = false;
      isRevoked = false;
      isRepublished = false;
    },
    expireSessions() {
      for (const session of sessions) {
        expired.add(session);
      }
    },
    republish() {
      isRepublished = true;
    },
    revokeSessions() {
      isRevoked = true;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
