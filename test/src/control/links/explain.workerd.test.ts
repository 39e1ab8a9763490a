/** `POST /v1/links/explain`: says what players meet, for any link at all. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { signLink } from '../../../../src/access/link-signing.ts';
import { forged } from '../../access/keys.ts';
import { problemOf } from '../../http/client.ts';
import { explain } from './explanation.ts';
import { ask, putPlayable } from './fixture.ts';

beforeAll(async () => {
  await putPlayable('film');
  await putPlayable('open', { policy: 'public' });
  await putPlayable('stopped', { disabled: true });
  await putPlayable('coming', { publishAt: Date.now() + 600_000 });
});

const newLink = (options: object = {}, assetId = 'film'): Promise<string> =>
  signLink(
    { LINK_SIGNING_KEY: JSON.parse(env.LINK_SIGNING_KEY) },
    {
      assetId,
      expiresInSeconds: 3600,
      now: new Date(),
      ...options,
    },
  );

const rules = {
  countries: { allow: ['DE'] },
  ips: { deny: ['192.0.2.0/24'] },
  origins: { allow: ['https://app.example'] },
  userAgents: { deny: ['curl'] },
};
const limits = { sessions: 2, policy: 'evict-oldest' };
const GOOD = { country: 'DE', ip: '198.51.100.7', origin: 'https://app.example', userAgent: 'Firefox' };

describe('a link that plays', () => {
  test('is explained rule by rule, with its claims and without the token', async () => {
    const link = await newLink({ rules, viewer: 'someone', maxHeight: 360, limits });
    const explanation = await explain(link, GOOD);
    expect(explanation).toMatchObject({
      allowed: true,
      asset: 'film',
      claims: {
        sub: 'film',
        viewer: 'someone',
        maxHeight: 360,
        rules,
        limits,
        kid: JSON.parse(env.LINK_SIGNING_KEY).kid,
      },
    });
    expect(explanation.code).toBeUndefined();
    expect(explanation.rules).toEqual([
      { rule: 'token', passed: true, why: 'ok' },
      { rule: 'validity', passed: true, why: 'ok' },
      { rule: 'revocation', passed: true, why: 'ok' },
      { rule: 'asset', passed: true, why: 'ok' },
      { rule: 'rules.countries', passed: true, why: 'allowed' },
      { rule: 'rules.ips', passed: true, why: 'not_denied' },
      { rule: 'rules.origins', passed: true, why: 'allowed' },
      { rule: 'rules.userAgents', passed: true, why: 'not_denied' },
      { rule: 'maxHeight', passed: true, why: 'ok' },
    ]);
    expect(JSON.stringify(explanation)).not.toContain(link.split('.')[2]);
  });

  test('is asked about the request that is described, not about the one that asks', async () => {
    const link = await newLink({ rules: { ips: { allow: ['192.0.2.0/24'] } } });
    const json = { link };
    const headers = { 'cf-connecting-ip': '192.0.2.9' };
    const { body } = await ask('POST', '/v1/links/explain', { json, headers });
    expect(body).toMatchObject({ allowed: false, code: 'rule_ip' });
    expect(await explain(link, { ip: '192.0.2.9' })).toMatchObject({ allowed: true });
  });

  test('may be the id of a public asset', async () => {
    expect(await explain('open')).toMatchObject({ allowed: true, asset: 'open', claims: null });
  });
});

describe('a link that does not', () => {
  test.each([
    [{ country: 'FR' }, 'rule_country', 'rules.countries', 'not_allowed'],
    [{ country: undefined }, 'rule_country', 'rules.countries', 'unknown'],
    [{ ip: '192.0.2.9' }, 'rule_ip', 'rules.ips', 'denied'],
    [{ ip: '::ffff:192.0.2.9' }, 'rule_ip', 'rules.ips', 'denied'],
    [{ origin: 'https://evil.example' }, 'rule_origin', 'rules.origins', 'not_allowed'],
    [{ userAgent: 'CURL/8' }, 'rule_user_agent', 'rules.userAgents', 'denied'],
  ])('for %o: %s', async (changed, code, claim, why) => {
    const explanation = await explain(await newLink({ rules }), { ...GOOD, ...changed });
    expect(explanation).toMatchObject({ allowed: false, code, claim, asset: 'film' });
    expect(explanation.rules.at(-1)).toEqual({ rule: claim, passed: false, why });
  });

  test('at another time, without a trace for players now', async () => {
    const link = await newLink();
    const later = new Date(Date.now() + 2 * 3600_000).toISOString();
    expect(await explain(link, { at: later })).toMatchObject({ allowed: false, code: 'link_expired', claim: 'exp' });
    expect(await explain(link)).toMatchObject({ allowed: true });
    expect((await ask('GET', `/v/${link}/main.m3u8`)).status).toBe(200);
  });

  test('of an asset that is published later', async () => {
    const link = await newLink({}, 'coming');
    expect(await explain(link)).toMatchObject({ allowed: false, code: 'asset_not_published', asset: 'coming' });
    const later = new Date(Date.now() + 1200_000).toISOString();
    expect(await explain(link, { at: later })).toMatchObject({ allowed: true });
  });

  test('because of the asset, its height, or a revocation', async () => {
    expect(await explain('film')).toMatchObject({ code: 'link_required', asset: 'film' });
    expect(await explain('nosuch')).toMatchObject({ code: 'asset_not_found', asset: 'nosuch' });
    expect(await explain(await newLink({}, 'stopped'))).toMatchObject({ code: 'asset_disabled', asset: 'stopped' });
    expect(await explain(await newLink({ maxHeight: 10 }))).toMatchObject({
      code: 'link_no_rendition',
      claim: 'maxHeight',
    });
    await ask('POST', '/v1/revocations', { json: { kind: 'viewer', value: 'banned' } });
    expect(await explain(await newLink({ viewer: 'banned' }))).toMatchObject({
      allowed: false,
      code: 'link_revoked',
      claim: 'viewer',
      claims: { viewer: 'banned' },
    });
  });

  test('because of a revocation that will have ended at another time', async () => {
    const link = await newLink({ viewer: 'paused', expiresInSeconds: 7200 });
    const at = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();
    await ask('POST', '/v1/revocations', { json: { kind: 'viewer', value: 'paused', expiresAt: at(1800_000) } });
    expect(await explain(link)).toMatchObject({ allowed: false, code: 'link_revoked', claim: 'viewer' });
    expect(await explain(link, { at: at(3600_000) })).toMatchObject({ allowed: true });
  });

  test.each<[string, () => Promise<string>, string]>([
    ['nothing', async () => '', 'link_malformed'],
    ['words', async () => 'Hello there', 'link_malformed'],
    ['100 KB', async () => `${'a'.repeat(50_000)}.${'b'.repeat(50_000)}.c`, 'link_malformed'],
    ['alg none', () => forged({ alg: 'none' }, { sub: 'film', exp: 9e9 }), 'link_algorithm'],
    ['an unknown key', () => forged({ alg: 'ES256', kid: '__proto__' }, { sub: 'film', exp: 9e9 }), 'link_key_unknown'],
    ['a changed signature', async () => `${(await newLink()).split('.').slice(0, 2).join('.')}.AAAA`, 'link_signature'],
  ])('that is %s is explained, and nothing in it believed', async (_, make, code) => {
    expect(await explain(await make())).toMatchObject({
      allowed: false,
      code,
      asset: null,
      claims: null,
      rules: [{ rule: 'token', passed: false, why: code }],
    });
  });

  test('agrees with what players are answered', async () => {
    const links = [await newLink({ rules }), await newLink({ maxHeight: 10 }), 'film', 'a.b.c', 'Nope'];
    for (const link of links) {
      const { code } = await explain(link);
      expect(problemOf(await ask('GET', `/v/${link}/main.m3u8`))[1]).toBe(code);
    }
  });
});

test.each([
  ['no link', {}],
  ['an address that is none', { link: 'a', ip: '1.2.3' }],
  ['a country that is none', { link: 'a', country: 'Germany' }],
  ['a time that is none', { link: 'a', at: 'now' }],
  ['a time after the year 9999', { link: 'a', at: '9999-12-31T23:59:59-14:00' }],
  ['an unknown member', { link: 'a', referer: 'x' }],
])('a question with %s is refused', async (_, json) => {
  expect(problemOf(await ask('POST', '/v1/links/explain', { json }))).toEqual([400, 'invalid_request']);
});

test('is for whoever has the token', async () => {
  const answer = await ask('POST', '/v1/links/explain', { json: { link: 'open' }, token: null });
  expect(problemOf(answer)).toEqual([401, 'unauthorized']);
});
