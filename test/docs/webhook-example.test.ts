/** The receiver that docs/guide/events-and-webhooks.md shows takes what Sluice signs, and nothing else. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { newSecret, signedHeaders } from '../../src/control/notify/signature.ts';

type IsGenuine = (headers: Record<string, string>, body: string, secret: string) => boolean;

const guide = readFileSync(new URL('../../docs/guide/events-and-webhooks.md', import.meta.url), 'utf8');
const [, code = ''] = /```js\n([\s\S]*?)```/.exec(guide) ?? [];
const { isGenuine }: { isGenuine: IsGenuine } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

const body = '{"type":"asset.ready"}';
const [secret, other] = [newSecret(), newSecret()];
const sign = (secrets: string[], sentAtMs = Date.now()) => signedHeaders(secrets, { id: 'evt_1', sentAtMs, body });

it('takes a message, also while the secret is rotated', async () => {
  expect(isGenuine(await sign([secret]), body, secret)).toBe(true);
  expect(isGenuine(await sign([other, secret]), body, secret)).toBe(true);
});

it('refuses another secret, another body and an old message', async () => {
  expect(isGenuine(await sign([other]), body, secret)).toBe(false);
  expect(isGenuine(await sign([secret]), `${body} `, secret)).toBe(false);
  expect(isGenuine(await sign([secret], Date.now() - 3_600_000), body, secret)).toBe(false);
});
