import { XMLParser } from 'fast-xml-parser';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { DeliveryEnv } from '../../../src/delivery/delivery-env.ts';
import { newKeyPair, signed } from '../access/keys.ts';
import { fetchPath, link, newEnv, ORIGIN, putAsset, putCurrent, refusalOf, startSession, textOf } from './fixture.ts';

let delivery: DeliveryEnv;

beforeAll(async () => {
  delivery = newEnv();
  await putAsset(delivery, 'asset1');
  await putAsset(delivery, 'open', { policy: 'public' });
});

const open = (token: string, init?: RequestInit, from = delivery) => fetchPath(from, `/v/${token}/main.m3u8`, init);

describe('a playback link', () => {
  test('answers HLS with a session of its own each time', async () => {
    const token = await link('asset1');
    const [one, other] = [await open(token), await open(token)];
    expect(one.status).toBe(200);
    expect(one.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
    expect(one.headers.get('cache-control')).toBe('private, no-store');
    expect(one.headers.get('etag')).toBeNull();
    expect(one.headers.get('access-control-allow-origin')).toBe('*');
    const text = await textOf(one);
    expect(text).toMatch(/^#EXTM3U\n/);
    expect(text).toMatch(/^\/s\/[^/\n]+\/v720\.m3u8$/m);
    expect(text).not.toContain(token);
    expect(await textOf(other)).not.toBe(text);
  });

  test('answers DASH whose URLs resolve to segments', async () => {
    const response = await fetchPath(delivery, `/v/${await link('asset1')}/manifest.mpd`);
    expect(response.headers.get('content-type')).toBe('application/dash+xml');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    const { MPD } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(await textOf(response));
    const { media, initialization } = MPD.Period.AdaptationSet[0].Representation[0].SegmentTemplate;
    const urls = [initialization, ...[1, 2, 3].map((number) => media.replace('$Number$', String(number)))];
    for (const url of urls) {
      const { pathname } = new URL(url, `${ORIGIN}${MPD.BaseURL}`);
      expect((await fetchPath(delivery, pathname)).status).toBe(200);
    }
  });

  test('of a public asset may be its id', async () => {
    expect((await open('open')).status).toBe(200);
    expect((await open(await link('open'))).status).toBe(200);
  });

  test('limits renditions, in manifests and for segments', async () => {
    const token = await link('asset1', { maxHeight: 360 });
    const text = await textOf(await open(token));
    expect(text).toContain('v360.m3u8');
    expect(text).not.toContain('v720');
    const base = await startSession(delivery, token);
    expect((await fetchPath(delivery, `${base}v360/init.mp4`)).status).toBe(200);
    for (const path of ['v720.m3u8', 'v720/iframes.m3u8', 'v720/init.mp4', 'v720/1/1.m4s']) {
      expect(await refusalOf(await fetchPath(delivery, base + path))).toBe('403 session_track');
    }
  });

  test('signed with a registered key plays, until the key is deleted', async () => {
    const pair = await newKeyPair('EdDSA');
    const token = await signed(pair, { sub: 'asset1', exp: Date.now() / 1000 + 60 });
    expect(await refusalOf(await open(token))).toBe('403 link_key_unknown');
    await delivery.MEDIA.put(
      'edge/keys.json',
      JSON.stringify({ keys: [{ ...pair.key, createdAt: '2026-11-20T00:00:00Z' }] }),
    );
    expect((await open(token)).status).toBe(200);
    await delivery.MEDIA.delete('edge/keys.json');
    expect(await refusalOf(await open(token))).toBe('403 link_key_unknown');
  });

  test('is checked against its rules', async () => {
    const rules = { countries: { allow: ['DE'] }, ips: { deny: ['192.0.2.0/24'] }, userAgents: { deny: ['curl'] } };
    const token = await link('asset1', { rules });
    const from = (country: string | undefined, headers: Record<string, string>) =>
      open(token, { headers, cf: country === undefined ? {} : { country } } as RequestInit);
    expect((await from('DE', {})).status).toBe(200);
    expect(await refusalOf(await from('FR', {}))).toBe('403 rule_country');
    expect(await refusalOf(await from(undefined, {}))).toBe('403 rule_country');
    expect(await refusalOf(await from('DE', { 'cf-connecting-ip': '192.0.2.9' }))).toBe('403 rule_ip');
    expect(await refusalOf(await from('DE', { 'user-agent': 'curl/8' }))).toBe('403 rule_user_agent');
  });

  test.each<[string, Record<string, string>, boolean]>([
    ['Origin', { origin: 'https://app.example' }, true],
    ['Referer', { referer: 'https://app.example/films?1' }, true],
    ['our own page', { 'sec-fetch-site': 'same-origin' }, true],
    ['another Origin, right Referer', { origin: 'https://evil.example', referer: 'https://app.example/' }, false],
    ['a sandbox', { origin: 'null', referer: 'https://app.example/' }, false],
    ['a Referer that is none', { referer: 'hello' }, false],
    ['another site', { 'sec-fetch-site': 'cross-site' }, false],
    ['nothing', {}, false],
  ])('knows the site by: %s', async (_, headers, allowed) => {
    const token = await link('asset1', { rules: { origins: { allow: ['https://app.example', ORIGIN] } } });
    const response = await open(token, { headers });
    expect(allowed ? response.status : await refusalOf(response)).toBe(allowed ? 200 : '403 rule_origin');
  });

  test('is refused', async () => {
    const token = await link('asset1');
    const [header, payload] = token.split('.');
    const cases: [string, string][] = [
      ['asset1', '403 link_required'],
      ['nosuchasset', '404 asset_not_found'],
      ['NoAsset', '400 link_malformed'],
      ['a%2fb', '400 link_malformed'],
      ['a.b', '400 link_malformed'],
      [`${header}.${payload}.AAAA`, '403 link_signature'],
      [await link('asset1', { expiresInSeconds: -1 }), '403 link_expired'],
      [await link('nosuchasset'), '404 asset_not_found'],
      [await link('asset1', { maxHeight: 100 }), '403 link_no_rendition'],
      [`${token}${'A'.repeat(100_000)}`, '400 link_malformed'],
    ];
    for (const [given, expected] of cases) {
      expect([given.slice(0, 60), await refusalOf(await open(given))]).toEqual([given.slice(0, 60), expected]);
    }
  });

  test('of an asset that is disabled stops, and so do its sessions', async () => {
    await putAsset(delivery, 'stopped');
    const token = await link('stopped');
    const base = await startSession(delivery, token);
    await putCurrent(delivery, 'stopped', { disabled: true });
    expect(await refusalOf(await open(token))).toBe('403 asset_disabled');
    expect(await refusalOf(await fetchPath(delivery, `${base}v360/1/1.m4s`))).toBe('403 asset_disabled');
    await delivery.MEDIA.delete('assets/stopped/current.json');
    expect(await refusalOf(await fetchPath(delivery, `${base}v360/1/1.m4s`))).toBe('404 asset_not_found');
  });

  test('of an asset plays from its publishAt until its unpublishAt, and so do its sessions', async () => {
    await putAsset(delivery, 'timed');
    const token = await link('timed', { expiresInSeconds: 24 * 3600 });
    const base = await startSession(delivery, token);
    const [publishAt, unpublishAt] = [Date.now() + 60_000, Date.now() + 120_000];
    await putCurrent(delivery, 'timed', { publishAt, unpublishAt });
    const answersAt = async (ms: number): Promise<string[]> => {
      vi.setSystemTime(ms);
      const answers = [await open(token), await fetchPath(delivery, `${base}v360/1/1.m4s`)];
      return Promise.all(answers.map(async (answer) => (answer.ok ? '200' : refusalOf(answer))));
    };
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const [early, late] = ['403 asset_not_published', '403 asset_unpublished'];
      expect(await answersAt(publishAt - 1)).toEqual([early, early]);
      expect(await answersAt(publishAt)).toEqual(['200', '200']);
      expect(await answersAt(unpublishAt - 1)).toEqual(['200', '200']);
      expect(await answersAt(unpublishAt)).toEqual([late, late]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('may be behind by EDGE_STATE_SECONDS, no more reads than that', async () => {
    const remembering = newEnv({ EDGE_STATE_SECONDS: '60' });
    await putAsset(remembering, 'late');
    const token = await link('late');
    expect((await open(token, {}, remembering)).status).toBe(200);
    await putCurrent(remembering, 'late', { disabled: true });
    expect((await open(token, {}, remembering)).status).toBe(200);
    expect(await refusalOf(await open(token))).toBe('403 asset_disabled');
  });

  test('whose presentation is gone is not found', async () => {
    await putAsset(delivery, 'gone');
    await delivery.MEDIA.delete('assets/gone/ver1/presentation-1.json');
    expect(await refusalOf(await open(await link('gone')))).toBe('404 not_found');
  });

  test.each(['/v/open', '/v/open/', '/v/open/other.m3u8', '/v/', '/s/', '/v/open/main.m3u8/x'])(
    'has nothing at %s',
    async (path) => {
      expect(await refusalOf(await fetchPath(delivery, path))).toBe('404 not_found');
    },
  );

  test('fails closed without configuration', async () => {
    const { MEDIA } = delivery;
    expect(await refusalOf(await open('open', {}, { MEDIA }))).toBe('500 misconfigured');
  });
});

describe('methods', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s is refused', async (method) => {
    for (const path of ['/v/open/main.m3u8', '/s/x/v360/init.mp4']) {
      const response = await fetchPath(delivery, path, { method });
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
      expect(await refusalOf(response)).toBe('405 method_not_allowed');
    }
  });

  test('OPTIONS is a preflight that any page passes', async () => {
    const response = await fetchPath(delivery, '/s/x/v360/1/1.m4s', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'range',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-methods')).toContain('GET');
    expect(response.headers.get('access-control-allow-headers')).toContain('Range');
    expect(Number(response.headers.get('access-control-max-age'))).toBeGreaterThan(600);
  });

  test('HEAD is GET without the body', async () => {
    const response = await open(await link('asset1'), { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100);
    expect(await textOf(response)).toBe('');
  });
});
