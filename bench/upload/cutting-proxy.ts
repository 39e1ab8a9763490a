/** A TCP proxy on the loopback with a rate, which cuts connections after a random number of bytes from the client. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../random.ts';

export type CutKind = 'FIN' | 'RST';

export type CutOptions = {
  kind: CutKind;
  bytesPerSecond: number;
  /** Bytes from the client between two cuts. */
  between: readonly [number, number];
  random: Random;
};

export type CuttingProxy = { url: string; cuts(): number; bytesFromClient(): number; close(): void };

const HOST = '127.0.0.1';

const cut = (kind: CutKind, ...sockets: Socket[]): void => {
  for (const socket of sockets) {
    if (kind === 'RST') {
      socket.resetAndDestroy();
    } else {
      socket.destroy();
    }
  }
};

export async function startCuttingProxy(port: number, options: CutOptions): Promise<CuttingProxy> {
  const { kind, bytesPerSecond, between, random } = options;
  let [cuts, bytes, nextCut] = [0, 0, random.between(...between)];
  const server = createServer((client) => {
    const upstream = connect({ host: HOST, port, noDelay: true });
    upstream.pipe(client);
    async function* paced(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        yield chunk;
        if (bytes >= nextCut) {
          cuts += 1;
          nextCut = bytes + random.between(...between);
          cut(kind, client, upstream);
          return;
        }
        await pause((chunk.length / bytesPerSecond) * 1000);
      }
    }
    // Whatever ends one of them, ends both.
    pipeline(client, paced, upstream, () => client.destroySoon());
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    bytesFromClient: () => bytes,
    close: () => void server.close(),
  };
}
