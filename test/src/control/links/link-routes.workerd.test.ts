/** `POST /v1/assets/{id}/links` through the public door. What a link then allows is tested in playback and delivery. */
import { env } from 'cloudflare:workers';
import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { app } from '../../../../src/app.ts';
import { call, createAsset, ORIGIN, problemOf } from '../../http/client.ts';

const linkSchema = z.strictObject({
  token: z.string(),
  jti: z.string(),
  hls: z.string(),
  dash: z.string(),
  watch: z.string(),
  expiresAt: z.string(),
});

let assetId = '';
beforeAll(async () => {
  assetId = (await createAsset('linked')).id;
});

const post = (json: unknown, id = assetId) => call('POST', `/v1/assets/${id}/links`, { json });

async function create(json: unknown) {
  const { status, body } = await post(json);
  expect(status).toBe(201);
  return linkSchema.parse(body);
}

describe('a link', () => {
  test('is a token and three absolute URLs with it in the path', async () => {
    const { token, hls, dash, watch } = await create({ expiresIn: 3600 });
    expect({ hls, dash, watch }).toEqual({
      hls: `${ORIGIN}/v/${token}/main.m3u8`,
      dash: `${ORIGIN}/v/${token}/manifest.mpd`,
      watch: `${ORIGIN}/watch/${token}`,
    });
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  test.each([
    ['https://evil.example', 'https://sluice.example/', '201 https://sluice.example'],
    ['http://localhost:8787', 'HTTPS://Sluice.Example:443', '201 https://sluice.example'],
    ['http://localhost:8787', 'http://sluice.example:8080', '201 http://sluice.example:8080'],
    ['http://localhost:8787', '', '201 http://localhost:8787'],
    ['http://127.0.0.1:8787', undefined, '201 http://127.0.0.1:8787'],
    ['http://[::1]:8787', undefined, '201 http://[::1]:8787'],
    ['https://evil.example', undefined, '500 misconfigured'],
    ['https://localhost.evil.example', '', '500 misconfigured'],
    ['http://127.0.0.1.evil.example', undefined, '500 misconfigured'],
    ['http://10.0.0.1', undefined, '500 misconfigured'],
    ['http://localhost:8787', 'https://sluice.example/path', '500 misconfigured'],
    ['http://localhost:8787', 'https://sluice.example/?q', '500 misconfigured'],
    ['http://localhost:8787', 'https://user@sluice.example', '500 misconfigured'],
    ['http://localhost:8787', 'ftp://sluice.example', '500 misconfigured'],
    ['http://localhost:8787', 'sluice.example', '500 misconfigured'],
  ])('asked for at %s with PUBLIC_URL %j: %s', async (address, PUBLIC_URL, expected) => {
    const headers = { authorization: `Bearer ${env.API_TOKEN}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: '{"expiresIn":60}' };
    const response = await app.request(`${address}/v1/assets/${assetId}/links`, init, { ...env, PUBLIC_URL });
    const body = z
      .looseObject({ code: z.string().optional(), hls: z.string().optional() })
      .parse(await response.json());
    expect(`${response.status} ${body.code ?? body.hls?.slice(0, body.hls.indexOf('/v/'))}`).toBe(expected);
  });

  test('is signed with our key, for this asset, for this long', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { token, jti, expiresAt } = await create({ expiresIn: 600 });
    const { d: _, ...publicJwk } = JSON.parse(env.LINK_SIGNING_KEY);
    const { payload } = await jwtVerify(token, await importJWK(publicJwk, 'ES256'), {
      algorithms: ['ES256'],
      audience: 'video',
      subject: assetId,
    });
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', kid: publicJwk.kid });
    expect(payload.exp).toBeGreaterThanOrEqual(before + 600);
    expect(payload.exp).toBeLessThanOrEqual(Math.floor(Date.now() / 1000) + 600);
    expect(Math.floor(Date.parse(expiresAt) / 1000)).toBe(payload.exp);
    expect(payload.jti).toMatch(/^[a-z0-9]{16}$/);
    expect(jti).toBe(payload.jti);
  });

  test('is revocable by itself: no two have one jti', async () => {
    const [first, second] = [await create({ expiresIn: 60 }), await create({ expiresIn: 60 })];
    expect(decodeJwt(first.token).jti).not.toBe(decodeJwt(second.token).jti);
  });

  test('carries viewer, rules and the largest height', async () => {
    const rules = { countries: { allow: ['DE', 'AT'] }, ips: { deny: ['10.0.0.0/8'] } };
    const { token } = await create({ expiresIn: 60, viewer: 'viewer-1', rules, maxHeight: 720 });
    expect(decodeJwt(token)).toMatchObject({ viewer: 'viewer-1', rules, maxHeight: 720 });
  });

  test('carries the stream limit of its viewer', async () => {
    const { token } = await create({ expiresIn: 60, viewer: 'viewer-1', limits: { sessions: 2 } });
    expect(decodeJwt(token)['limits']).toEqual({ sessions: 2, policy: 'reject-new' });
    expect(decodeJwt((await create({ expiresIn: 60, viewer: 'viewer-1' })).token)['limits']).toBeUndefined();
  });

  test('says whether whole files may be fetched, if it was told', async () => {
    const claimOf = async (json: object) => decodeJwt((await create({ expiresIn: 60, ...json })).token)['downloads'];
    expect([await claimOf({ downloads: true }), await claimOf({ downloads: false })]).toEqual([true, false]);
    expect(await claimOf({})).toBeUndefined();
  });

  test.each([1, 366 * 86_400])('may last %i s', async (expiresIn) => {
    expect((await post({ expiresIn })).status).toBe(201);
  });

  test.each([
    ['no end', {}],
    ['no time', { expiresIn: 0 }],
    ['a time gone by', { expiresIn: -60 }],
    ['more than a year', { expiresIn: 366 * 86_400 + 1 }],
    ['half a second', { expiresIn: 0.5 }],
    ['a time as text', { expiresIn: '3600' }],
    ['an unknown member', { expiresIn: 60, maxheight: 720 }],
    ['another asset', { expiresIn: 60, sub: 'other' }],
    ['an empty viewer', { expiresIn: 60, viewer: '' }],
    ['a viewer of 129 characters', { expiresIn: 60, viewer: 'a'.repeat(129) }],
    ['a stream limit of nobody', { expiresIn: 60, limits: { sessions: 1 } }],
    ['a stream limit of none', { expiresIn: 60, viewer: 'v', limits: { sessions: 0 } }],
    ['a limit we do not know', { expiresIn: 60, viewer: 'v', limits: { sessions: 1, devices: 2 } }],
    ['a rule we do not know', { expiresIn: 60, rules: { devices: { allow: ['tv'] } } }],
    ['a rule that allows nobody', { expiresIn: 60, rules: { countries: { allow: [] } } }],
    ['a country that is none', { expiresIn: 60, rules: { countries: { allow: ['Germany'] } } }],
    ['a range that is none', { expiresIn: 60, rules: { ips: { allow: ['10.0.0.0/33'] } } }],
    ['an origin with a path', { expiresIn: 60, rules: { origins: { allow: ['https://app.example/x'] } } }],
    ['no height', { expiresIn: 60, maxHeight: 0 }],
    ['downloads as text', { expiresIn: 60, downloads: 'true' }],
    ['downloads of images', { expiresIn: 60, audience: 'image', downloads: false }],
  ])('may not have %s', async (_, json) => {
    expect(problemOf(await post(json))).toEqual([400, 'invalid_request']);
  });

  test('is not as long as a body may be', async () => {
    const userAgents = { deny: Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(256, 'x')) };
    expect(problemOf(await post({ expiresIn: 60, rules: { userAgents } }))).toEqual([400, 'invalid_request']);
  });

  test('needs an asset', async () => {
    expect(problemOf(await post({ expiresIn: 60 }, 'nope'))).toEqual([404, 'asset_not_found']);
  });
});
