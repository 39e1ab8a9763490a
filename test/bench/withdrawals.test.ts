/** What the chaos benchmark takes for wrong: a system that says one thing and plays another. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { wrongsOf } from '../../bench/chaos/withdrawals.ts';

/** Its catalog holds one asset; its player's segment is answered so before and after a sweep. */
async function withSystem(
  { disabled, before, after }: { disabled: boolean; before: number; after: number },
  use: (system: Parameters<typeof wrongsOf>[0], segmentUrl: string) => Promise<string[]>,
): Promise<string[]> {
  let segment = before;
  const answers: [RegExp, () => [number, object]][] = [
    [/^\/v1\/assets\//, () => [200, { disabled }]],
    [/^\/v1\/signing-keys/, () => [200, { keys: [{ kid: 'key' }] }]],
    [/^\/v1\/revocations/, () => [200, { revocations: [] }]],
    [/^\/s\//, () => [segment, {}]],
  ];
  const server = createServer(({ url = '' }, response) => {
    const [status, body] = answers.find(([path]) => path.test(url))?.[1]() ?? [404, {}];
    response.writeHead(status).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sweep = async () => {
    segment = after;
  };
  try {
    return await use({ url, apiToken: 'token', sweep }, `${url}/s/session/v1/1/1.m4s`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test.concurrent.each([
  ['what a sweep has ended', { disabled: true, before: 200, after: 403 }, true, 0],
  ['what was not acknowledged and goes on', { disabled: false, before: 200, after: 200 }, false, 0],
  ['what goes on though the catalog says no', { disabled: true, before: 200, after: 200 }, true, 1],
  ['what has ended though the catalog says yes', { disabled: false, before: 403, after: 403 }, false, 1],
  ['what was acknowledged and is not in the catalog', { disabled: false, before: 200, after: 200 }, true, 1],
])('%s', async (_, system, isAcknowledged, wrongs) => {
  const found = await withSystem(system, (called, segmentUrl) =>
    wrongsOf(called, { assetId: 'film', kid: 'key', jti: 'link', segmentUrl }, 'disable', isAcknowledged),
  );
  expect(found).toHaveLength(wrongs);
});
