/** The Python that docs/guide/clients.md shows compiles, and its receiver takes what Sluice signs and nothing else. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { newSecret, signedHeaders } from '../../src/control/notify/signature.ts';

const guide = readFileSync(new URL('../../docs/guide/clients.md', import.meta.url), 'utf8');
const [, code = ''] = /```python\n([\s\S]*?)```/.exec(guide) ?? [];

/** One process for all: each is told as `[headers, body, secret]`. */
function areGenuine(messages: readonly (readonly [Record<string, string>, string, string])[]): unknown {
  const ask = `\nimport sys\nprint(json.dumps([is_genuine(h, b.encode(), s) for h, b, s in json.load(sys.stdin)]))`;
  const { stdout, stderr } = spawnSync('python3', ['-c', code + ask], {
    input: JSON.stringify(messages),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

it('is_genuine takes messages of today, and refuses another secret, another body and an old one', async () => {
  const body = '{"type":"asset.ready","title":"ž"}';
  const [secret, other] = [newSecret(), newSecret()];
  const sign = (secrets: string[], sentAtMs = Date.now()) => signedHeaders(secrets, { id: 'evt_1', sentAtMs, body });
  const [signed, rotated] = [await sign([secret]), await sign([other, secret])];
  const old = await sign([secret], Date.now() - 3_600_000);
  expect(
    areGenuine([
      [signed, body, secret],
      [rotated, body, secret],
      [signed, body, other],
      [signed, `${body} `, secret],
      [old, body, secret],
    ]),
  ).toEqual([true, true, false, false, false]);
});
