/** A server that fails: an HTTP proxy on the loopback that can break off every connection, or answer for the Worker. */
import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const HOST = '127.0.0.1';
const SESSION = /^\/s\/([^/]+)\//;
/** Longer than any player takes to ask for its next segment. */
const RENEWAL_MS = 20_000;

export type LossyProxy = {
  url: string;
  /** Breaks off what is under way, and every new connection until it is mended. */
  cut(): void;
  mend(): void;
  /**
   * Sessions that have been used so far are answered 403 with this code from now on; newer ones go through. `renewed`
   * waits for the first segment of a newer one.
   */
  refuseSessions(code: string): { renewed(): Promise<void> };
  close(): Promise<void>;
};

export async function startLossyProxy(target: string): Promise<LossyProxy> {
  const { hostname, port } = new URL(target);
  const sessions = new Set<string>();
  const refused = new Map<string, string>();
  let isCut = false;
  let onSegment = (): void => {};

  function pass(from: IncomingMessage, to: ServerResponse): void {
    const { method, url: path, headers } = from;
    const upstream = ask({ hostname, port, method, path, headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    upstream.on('error', () => to.destroy());
    to.on('close', () => upstream.destroy());
    from.pipe(upstream);
  }

  const server = createServer((from, to) => {
    const session = SESSION.exec(from.url ?? '')?.[1] ?? '';
    sessions.add(session);
    const code = refused.get(session);
    if (isCut) {
      from.socket.resetAndDestroy();
    } else if (code !== undefined) {
      const headers = { 'content-type': 'application/problem+json', 'access-control-allow-origin': '*' };
      to.writeHead(403, headers).end(JSON.stringify({ type: 'about:blank', status: 403, code, title: code }));
    } else {
      if (from.url?.endsWith('.m4s')) {
        onSegment();
      }
      pass(from, to);
    }
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      server.closeAllConnections();
    },
    mend() {
      isCut = false;
    },
    refuseSessions(code) {
      for (const session of sessions) {
        refused.set(session, code);
      }
      refused.delete('');
      const segment = Promise.withResolvers<void>();
      onSegment = segment.resolve;
      return {
        async renewed() {
          const timer = setTimeout(() => segment.reject(new Error('no newer session fetches')), RENEWAL_MS);
          await segment.promise.finally(() => clearTimeout(timer));
        },
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
