/** A TCP proxy on the loopback interface whose connections can be reset, or stalled for a while. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const HOST = '127.0.0.1';

export type FragileProxy = {
  url: string;
  /** Resets open connections and refuses new ones for a time. */
  cut(forMs: number): Promise<void>;
  /** Forwards nothing for a time. What was sent meanwhile arrives late. */
  hang(forMs: number): Promise<void>;
  close(): Promise<void>;
};

type Link = { client: Socket; upstream: Socket };

function join({ client, upstream }: Link): void {
  client.pipe(upstream);
  upstream.pipe(client);
}

function part({ client, upstream }: Link): void {
  client.unpipe(upstream);
  upstream.unpipe(client);
  client.pause();
  upstream.pause();
}

export async function startFragileProxy(targetPort: number): Promise<FragileProxy> {
  const links = new Set<Link>();
  let state: 'open' | 'cut' | 'hung' = 'open';
  const drop = (link: Link): void => {
    links.delete(link);
    link.client.destroy();
    link.upstream.destroy();
  };
  const server = createServer((client) => {
    if (state === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const link = { client, upstream: connect(targetPort, HOST) };
    links.add(link);
    for (const [socket, other] of [
      [client, link.upstream],
      [link.upstream, client],
    ] as const) {
      socket.on('error', () => drop(link));
      socket.on('close', () => {
        links.delete(link);
        // It has no reader left, but it may finish writing.
        other.destroySoon();
      });
    }
    if (state === 'open') {
      join(link);
    }
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    async cut(forMs) {
      state = 'cut';
      for (const link of links) {
        link.client.resetAndDestroy();
        drop(link);
      }
      await pause(forMs);
      state = 'open';
    },
    async hang(forMs) {
      state = 'hung';
      links.forEach(part);
      await pause(forMs);
      state = 'open';
      links.forEach(join);
    },
    async close() {
      links.forEach(drop);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
