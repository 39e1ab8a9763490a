/** `/v/{link}/images/{file}`: images by a link, without a session. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { DeliveryEnv } from '../../../src/delivery/delivery-env.ts';
import { newKeyPair, signed } from '../access/keys.ts';
import { fetchPath, link, newEnv, putAsset, putCurrent, refusalOf, startSession, textOf } from './fixture.ts';

let delivery: DeliveryEnv;

const putImage = (assetId: string, version: string, file: string, text: string) =>
  delivery.MEDIA.put(`assets/${assetId}/${version}/images/${file}`, text);

beforeAll(async () => {
  delivery = newEnv();
  await putAsset(delivery, 'film');
  await putAsset(delivery, 'open', { policy: 'public' });
  await putImage('film', 'ver1', 'poster.jpg', 'poster of version 1');
  await putImage('open', 'ver1', 'poster.webp', 'open poster');
});

const get = (given: string, file = 'poster.jpg', init?: RequestInit) =>
  fetchPath(delivery, `/v/${given}/images/${file}`, init);
const imageLink = (assetId = 'film', options: object = {}) => link(assetId, { audience: 'image', ...options });

describe('an image link', () => {
  test('is answered with the image, for a minute, by any cache', async () => {
    const response = await get(await imageLink());
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': '19',
      'cache-control': 'public, max-age=60',
      'access-control-allow-origin': '*',
      'accept-ranges': 'bytes',
    });
    expect(await textOf(response)).toBe('poster of version 1');
  });

  test('takes HEAD, ranges and conditions', async () => {
    const token = await imageLink();
    const head = await get(token, 'poster.jpg', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await textOf(head)]).toEqual([200, '19', '']);
    const part = await get(token, 'poster.jpg', { headers: { range: 'bytes=0-5' } });
    expect([part.status, await textOf(part)]).toEqual([206, 'poster']);
    const etag = head.headers.get('etag') ?? '';
    expect((await get(token, 'poster.jpg', { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await get(token, 'poster.jpg', { method: 'POST' })).status).toBe(405);
  });

  test('of a public asset may be its id', async () => {
    const response = await get('open', 'poster.webp');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/webp']);
    expect(await textOf(response)).toBe('open poster');
    expect(await refusalOf(await get('film'))).toBe('403 link_required');
  });

  test('shows the version that is current', async () => {
    await putAsset(delivery, 'again');
    await putImage('again', 'ver1', 'poster.jpg', 'old');
    await putImage('again', 'ver2', 'poster.jpg', 'new');
    const token = await imageLink('again');
    expect(await textOf(await get(token))).toBe('old');
    await putCurrent(delivery, 'again', { version: 'ver2' });
    expect(await textOf(await get(token))).toBe('new');
  });

  test('is for images and nothing else, and a playback link is not for them', async () => {
    for (const file of ['main.m3u8', 'manifest.mpd']) {
      const response = await fetchPath(delivery, `/v/${await imageLink()}/${file}`);
      expect(await response.clone().json()).toMatchObject({ claim: 'aud' });
      expect(await refusalOf(response)).toBe('403 link_audience');
    }
    const refused = await get(await link('film'));
    expect(await refused.clone().json()).toMatchObject({ claim: 'aud' });
    expect(await refusalOf(refused)).toBe('403 link_audience');
  });

  test('may be for both', async () => {
    const pair = await newKeyPair('ES256');
    const keys = { keys: [{ ...pair.key, createdAt: '2026-11-20T00:00:00Z' }] };
    await delivery.MEDIA.put('edge/keys.json', JSON.stringify(keys));
    const token = await signed(pair, { sub: 'film', exp: Date.now() / 1000 + 60, aud: ['image', 'video'] });
    expect((await get(token)).status).toBe(200);
    expect((await fetchPath(delivery, `${await startSession(delivery, token)}images/poster.jpg`)).status).toBe(200);
    await delivery.MEDIA.delete('edge/keys.json');
    expect(await refusalOf(await get(token))).toBe('403 link_key_unknown');
  });
});

describe('is refused', () => {
  test('for what every link is refused for, before it is said what there is', async () => {
    const rules = { countries: { allow: ['DE'] } };
    const cases: [string, string][] = [
      [await imageLink('film', { expiresInSeconds: -1 }), '403 link_expired'],
      [`${(await imageLink()).split('.').slice(0, 2).join('.')}.AAAA`, '403 link_signature'],
      [await imageLink('nosuchasset'), '404 asset_not_found'],
      [await imageLink('film', { rules }), '403 rule_country'],
      ['a.b', '400 link_malformed'],
      ['nosuchasset', '404 asset_not_found'],
    ];
    for (const [given, expected] of cases) {
      expect([given, await refusalOf(await get(given))]).toEqual([given, expected]);
      expect(await refusalOf(await get(given, 'nothing.jpg'))).toBe(expected);
    }
  });

  test('when the asset is disabled', async () => {
    await putAsset(delivery, 'stopped', { disabled: true });
    await putImage('stopped', 'ver1', 'poster.jpg', 'secret');
    expect(await refusalOf(await get(await imageLink('stopped')))).toBe('403 asset_disabled');
  });

  test.each([
    'nothing.jpg',
    'poster.svg',
    'POSTER.jpg',
    '%70oster.jpg',
    '..%2fv360%2finit.mp4',
    '%2e%2e%2fpresentation-1.json',
    'more/poster.jpg',
    'poster.jpg/',
    '',
  ])('%s is nothing', async (file) => {
    expect(await refusalOf(await get(await imageLink(), file))).toBe('404 not_found');
  });
});

test('below a session an image stays what it was: pinned to its version, for ever', async () => {
  const base = await startSession(delivery, await link('film'));
  const response = await fetchPath(delivery, `${base}images/poster.jpg`);
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(await textOf(response)).toBe('poster of version 1');
});
