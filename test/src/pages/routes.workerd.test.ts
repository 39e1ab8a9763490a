/** The watch page as the Worker hands it out: what it says of the film, and to whom. */
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { app } from '../../../src/app.ts';
import type { Env } from '../../../src/env.ts';
import { link, newEnv, putAsset } from '../delivery/fixture.ts';
import { createAsset, ORIGIN } from '../http/client.ts';

const FILE = `<!doctype html><html lang="en"><head><title>Watch · Sluice</title></head>
<body><h1 class="visually-hidden" dir="auto">Video</h1></body></html>`;
const TITLE = `<img src=x onerror=alert(1)> & "Fish"`;

/** The Worker's own, with a file in place of the built page and links of a key that the tests hold. */
let bindings: Env;
let assetId = '';

beforeAll(async () => {
  const ASSETS = {
    fetch: async () => new Response(FILE, { headers: { 'content-type': 'text/html', etag: '"file"' } }),
  };
  bindings = { ...(env as unknown as Env), ...(newEnv() as Partial<Env>), ASSETS: ASSETS as unknown as Fetcher };
  assetId = (await createAsset('watched', { title: TITLE })).id;
  await putAsset(bindings, assetId);
});

async function watch(token: string) {
  const response = await app.request(`${ORIGIN}/watch/${token}`, {}, bindings);
  return { status: response.status, headers: response.headers, html: await response.text() };
}

test('of a link that plays has the film’s title, escaped, and both bit rates of each rendition', async () => {
  const { status, headers, html } = await watch(await link(assetId));
  expect(status).toBe(200);
  expect(html).not.toContain('<img');
  const escaped = '&lt;img src=x onerror=alert(1)&gt; &amp; "Fish"';
  expect(html).toContain(`<title>${escaped} · Sluice</title>`);
  expect(html).toContain(`<h1 class="title" dir="auto">${escaped}</h1>`);
  const rates = /data-bit-rates="([^"]*)"/.exec(html)?.[1]?.replaceAll('&quot;', '"') ?? '';
  expect(JSON.parse(rates)).toEqual({
    360: [expect.any(Number), expect.any(Number)],
    720: [expect.any(Number), expect.any(Number)],
  });
  expect(headers.get('cache-control')).toBe('private, no-cache');
  expect(headers.get('etag')).toBeNull();
  expect(headers.get('content-security-policy')).toContain("script-src 'self'");
});

test('has the renditions that the link allows, no others', async () => {
  const { html } = await watch(await link(assetId, { maxHeight: 360 }));
  expect(html).toContain('360');
  expect(html).not.toContain('720');
});

test.each([
  ['an expired link', () => link(assetId, { now: new Date(Date.now() - 3_600_000) })],
  ['a damaged link', async () => (await link(assetId)).slice(0, -4)],
  ['the bare id of a signed asset', async () => assetId],
])('of %s says nothing of the film', async (_, token) => {
  const { status, html } = await watch(await token());
  expect([status, html]).toEqual([200, FILE]);
});

test('plays without its title while the catalog fails', async () => {
  const prepare = () => {
    throw new Error('D1 is away');
  };
  const broken = { ...bindings, CATALOG: { prepare } as unknown as D1Database };
  const response = await app.request(`${ORIGIN}/watch/${await link(assetId)}`, {}, broken);
  expect([response.status, await response.text()]).toEqual([200, FILE]);
});
