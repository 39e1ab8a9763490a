import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { Random } from '../../../bench/random.ts';
import { type CutOptions, startCuttingProxy } from '../../../bench/upload/cutting-proxy.ts';

const open: (Server | { close(): void })[] = [];
afterEach(() => {
  for (const each of open.splice(0)) {
    each.close();
  }
});

async function through(options: Pick<CutOptions, 'kind' | 'between'>, answer: (socket: Socket) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy = await startCuttingProxy(port, { bytesPerSecond: 64e6, random: new Random(1), ...options });
  open.push(server, proxy);
  return { proxy, client: connect(Number(new URL(proxy.url).port), '127.0.0.1') };
}

it('brings all bytes there and the answer back, also where the receiver is faster than the rate', async () => {
  const { proxy, client } = await through({ kind: 'FIN', between: [1e12, 1e12] }, (socket) => {
    let received = 0;
    socket.on('data', ({ length }) => {
      received += length;
      if (received === 1e6) {
        socket.end('1000000');
      }
    });
  });
  client.write(Buffer.alloc(1e6));
  expect((await buffer(client)).toString()).toBe('1000000');
  expect(proxy.bytesFromClient()).toBe(1e6);
});

it.each(['FIN', 'RST'] as const)('cuts both sides after the bytes that were asked for (%s)', async (kind) => {
  const received = Promise.withResolvers<number>();
  const { proxy, client } = await through({ kind, between: [2e5, 2e5] }, (socket) => {
    let bytes = 0;
    socket.on('data', ({ length }) => {
      bytes += length;
    });
    socket.on('error', () => {}).on('close', () => received.resolve(bytes));
  });
  const closed = new Promise((resolve) => client.on('error', () => {}).on('close', resolve));
  client.write(Buffer.alloc(1e6));
  await closed;
  expect(proxy.cuts()).toBe(1);
  expect(proxy.bytesFromClient()).toBeLessThan(4e5);
  expect(await received.promise).toBeLessThanOrEqual(proxy.bytesFromClient());
});
