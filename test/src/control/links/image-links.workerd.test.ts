/** Image links through the control API: signed, explained, revoked; each explanation beside what a page meets. */
import { env } from 'cloudflare:workers';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { signLink } from '../../../../src/access/link-signing.ts';
import { call, createAsset, ORIGIN, problemOf } from '../../http/client.ts';
import { ask, putPlayable } from './fixture.ts';

const FILM = 'pictured';

beforeAll(async () => {
  await putPlayable(FILM);
  await putPlayable('shown', { policy: 'public' });
  await putPlayable('hidden', { disabled: true });
  for (const assetId of [FILM, 'shown', 'hidden']) {
    await env.MEDIA.put(`assets/${assetId}/ver1/images/poster.jpg`, 'poster');
  }
});

const sign = (options: object = {}) =>
  signLink(
    { LINK_SIGNING_KEY: JSON.parse(env.LINK_SIGNING_KEY) },
    { assetId: FILM, expiresInSeconds: 3600, audience: 'image', now: new Date(), ...options },
  );

describe('POST /v1/assets/{id}/links for images', () => {
  const imageLinkSchema = z.strictObject({
    token: z.string(),
    jti: z.string(),
    images: z.string(),
    expiresAt: z.string(),
  });
  let assetId = '';
  beforeAll(async () => {
    assetId = (await createAsset('pictures')).id;
  });
  const post = (json: object) => call('POST', `/v1/assets/${assetId}/links`, { json });

  test('gives a token for images and the address that they are below', async () => {
    const { status, body } = await post({ expiresIn: 60, audience: 'image', viewer: 'v', rules: {} });
    expect(status).toBe(201);
    const { token, images } = imageLinkSchema.parse(body);
    expect(decodeJwt(token)).toMatchObject({ aud: 'image', sub: assetId, viewer: 'v' });
    expect(images).toBe(`${ORIGIN}/v/${token}/images/`);
  });

  test('gives a playback link where it says video, or nothing', async () => {
    for (const audience of [{}, { audience: 'video' }]) {
      const { body } = await post({ expiresIn: 60, ...audience });
      expect(decodeJwt((body as { token: string }).token).aud).toBe('video');
      expect(body).toHaveProperty('hls');
    }
  });

  test.each([
    { audience: 'images' },
    { audience: ['image'] },
    { audience: 'image', maxHeight: 720 },
    { audience: 'image', viewer: 'v', limits: { sessions: 1 } },
  ])('refuses %o', async (json) => {
    expect(problemOf(await post({ expiresIn: 60, ...json }))).toEqual([400, 'invalid_request']);
  });
});

describe('POST /v1/links/explain for images', () => {
  const explanationSchema = z.looseObject({
    allowed: z.boolean(),
    code: z.string().optional(),
    claim: z.string().optional(),
    rules: z.array(z.object({ rule: z.string(), passed: z.boolean(), why: z.string() })),
  });
  const explain = async (link: string, request: object = {}) =>
    explanationSchema.parse((await ask('POST', '/v1/links/explain', { json: { link, ...request } })).body);

  /** What is explained and what is met; both must be the same. */
  async function decided(link: string) {
    const { code } = await explain(link, { audience: 'image' });
    const met = await ask('GET', `/v/${link}/images/poster.jpg`);
    expect(met.status === 200 ? undefined : problemOf(met)[1]).toBe(code);
    return code;
  }

  test('goes through the checks of a playback, but for its height', async () => {
    const { allowed, rules } = await explain(await sign({ maxHeight: 1 }), { audience: 'image' });
    expect(allowed).toBe(true);
    expect(rules.slice(0, 4).map(({ rule }) => rule)).toEqual(['token', 'validity', 'revocation', 'asset']);
    expect(rules.map(({ rule }) => rule)).not.toContain('maxHeight');
  });

  test('says what a page meets', async () => {
    expect(await decided(await sign())).toBeUndefined();
    expect(await decided('shown')).toBeUndefined();
    expect(await decided(FILM)).toBe('link_required');
    expect(await decided(await sign({ audience: 'video' }))).toBe('link_audience');
    expect(await decided(await sign({ expiresInSeconds: -1 }))).toBe('link_expired');
    expect(await decided(await sign({ assetId: 'hidden' }))).toBe('asset_disabled');
    expect(await decided(await sign({ rules: { countries: { allow: ['DE'] } } }))).toBe('rule_country');
  });

  test('knows the revoked', async () => {
    const link = await sign({ viewer: 'gone' });
    expect(await decided(link)).toBeUndefined();
    await ask('POST', '/v1/revocations', { json: { kind: 'viewer', value: 'gone' } });
    expect(await decided(link)).toBe('link_revoked');
    expect(await explain(link, { audience: 'image' })).toMatchObject({ claim: 'viewer' });
  });

  test('is about a playback unless it says so', async () => {
    expect(await explain(await sign())).toMatchObject({ allowed: false, code: 'link_audience', claim: 'aud' });
    expect(await explain(await sign({ audience: 'video' }))).toMatchObject({ allowed: true });
    expect(problemOf(await ask('POST', '/v1/links/explain', { json: { link: 'x', audience: 'all' } }))).toEqual([
      400,
      'invalid_request',
    ]);
  });
});
