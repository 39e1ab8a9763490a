/** `POST /v1/links/explain` agrees with what players meet: of any link, any request and any time. */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { app } from '../../../../src/app.ts';
import { signed } from '../../access/keys.ts';
import { ORIGIN } from '../../http/client.ts';
import { explain } from './explanation.ts';
import { ask, fresh, putPlayable } from './fixture.ts';

beforeAll(async () => {
  await putPlayable('film');
  await putPlayable('open', { policy: 'public' });
  await putPlayable('stopped', { disabled: true });
});

describe('of any link and any request', () => {
  const { kid, ...privateJwk } = JSON.parse(env.LINK_SIGNING_KEY);
  const own = { key: { kid, alg: 'ES256' as const, jwk: privateJwk }, privateJwk };
  const NOW = Date.now();
  const NOW_SECONDS = Math.floor(NOW / 1000);

  /** Few values, so that links and requests often meet. */
  const COUNTRIES = ['DE', 'HR', 'XX'];
  const ADDRESSES = ['192.0.2.9', '::ffff:192.0.2.9', '198.51.100.7', '2001:db8::1'];
  const RANGES = ['192.0.2.0/24', '::ffff:192.0.2.9/128', '2001:db8::/32', '0.0.0.0/0'];
  const ORIGINS = ['https://app.example', 'http://app.example', 'https://app.example:8443'];
  const AGENTS = ['curl/8', 'VLC/3', `${'x'.repeat(2045)}vlc`, `${'x'.repeat(2046)}vlc`.slice(0, 2048)];

  const lists = (entries: string[]) => {
    const list = fc.option(fc.uniqueArray(fc.constantFrom(...entries), { minLength: 1, maxLength: 2 }), {
      nil: undefined,
      freq: 2,
    });
    return fc.option(fc.record({ allow: list, deny: list }), { nil: undefined, freq: 2 });
  };
  /** Left out once in `freq` times. */
  const optional = <T>(value: fc.Arbitrary<T>, freq = 2) => fc.option(value, { nil: undefined, freq });
  const claims = fc.record({
    sub: fc.oneof({ weight: 20, arbitrary: fc.constant('film') }, fc.constantFrom('open', 'stopped', 'nosuch', '../x')),
    exp: fc.oneof(
      { weight: 20, arbitrary: fc.constant(NOW_SECONDS + 7200) },
      fc.constantFrom(NOW_SECONDS - 1, NOW_SECONDS, NOW_SECONDS + 60, 1e300, '9e9'),
    ),
    nbf: optional(fc.constantFrom(NOW_SECONDS - 90, NOW_SECONDS - 60, NOW_SECONDS + 4, NOW_SECONDS + 60)),
    aud: optional(fc.constantFrom<unknown>('video', 'image', ['image', 'video'], ['image', 'video'], [])),
    jti: optional(fc.constantFrom('gone', 'here', 'here')),
    viewer: optional(fc.constantFrom('expelled', 'someone', 'someone')),
    maxHeight: optional(fc.constantFrom(10, 360, 720, 720)),
    rules: optional(
      fc.record({
        countries: lists(COUNTRIES),
        ips: lists(RANGES),
        origins: lists(ORIGINS),
        userAgents: lists(['vlc', 'CURL']),
      }),
      3,
    ),
  });
  const header = fc.oneof({ weight: 12, arbitrary: fc.constant({}) }, fc.constantFrom({ kid: 'nobody' }, { jku: 'x' }));
  const spelling = fc.oneof(
    { weight: 12, arbitrary: fc.constant((token: string) => token) },
    fc.constantFrom(
      (token: string) => `${token.slice(0, -8)}AAAAAAAA`,
      (token: string) => `${token}.`,
      () => 'film',
      () => 'open',
    ),
  );
  const request = fc.record({
    audience: fc.constantFrom('video', 'video', 'image'),
    atMs: fc.constantFrom(NOW, NOW, NOW + 61_000, NOW - 61_000),
    country: optional(fc.constantFrom(...COUNTRIES), 4),
    ip: optional(fc.constantFrom(...ADDRESSES), 4),
    origin: optional(fc.constantFrom(...ORIGINS, 'https://evil.example'), 4),
    userAgent: optional(fc.constantFrom(...AGENTS), 4),
  });
  type PlayerRequest = typeof request extends fc.Arbitrary<infer R> ? R : never;

  /** As the player itself asks, at that time. */
  async function met(link: string, { audience, atMs, country, ip, origin, userAgent }: PlayerRequest) {
    vi.useFakeTimers({ toFake: ['Date'], now: atMs });
    const headers = new Headers();
    const said = { 'cf-connecting-ip': ip, origin, 'user-agent': userAgent };
    for (const [name, value] of Object.entries(said)) {
      if (value !== undefined) {
        headers.set(name, value);
      }
    }
    const cf = (country === undefined ? {} : { country }) as IncomingRequestCfProperties;
    const file = audience === 'image' ? 'images/poster.jpg' : 'main.m3u8';
    const response = await app.request(`${ORIGIN}/v/${link}/${file}`, { headers, cf }, fresh);
    vi.useRealTimers();
    const text = new TextDecoder().decode(await response.arrayBuffer());
    const { code, claim } = response.status === 200 ? {} : JSON.parse(text);
    return { allowed: response.status === 200, code, claim };
  }

  test('says what the player is answered, and never the token', { timeout: 60_000 }, async () => {
    onTestFinished(() => void vi.useRealTimers());
    await env.MEDIA.put('assets/film/ver1/images/poster.jpg', 'a picture');
    await env.MEDIA.put('assets/open/ver1/images/poster.jpg', 'a picture');
    await ask('POST', '/v1/revocations', { json: { kind: 'viewer', value: 'expelled' } });
    await ask('POST', '/v1/revocations', { json: { kind: 'link', value: 'gone' } });
    const codes = new Map<string, number>();
    console.log(JSON.stringify((await ask('GET', '/v1/revocations')).body));
    await fc.assert(
      fc.asyncProperty(claims, header, spelling, request, async (payload, members, respell, player) => {
        const link = respell(await signed(own, payload, members));
        const { atMs, ...question } = player;
        const { rules, ...explanation } = await explain(link, { ...question, at: new Date(atMs).toISOString() });
        const { allowed, code, claim } = explanation;
        expect({ allowed, code, claim }).toEqual(await met(link, player));
        expect(rules.every(({ passed }, index) => passed || (!allowed && index === rules.length - 1))).toBe(true);
        for (const part of link.split('.').filter((text) => text.length > 20)) {
          expect(JSON.stringify([explanation, rules])).not.toContain(part);
        }
        codes.set(code ?? 'allowed', (codes.get(code ?? 'allowed') ?? 0) + 1);
      }),
      { numRuns: 400 },
    );
    // A property of refusals alone, or of none, would be worth little.
    for (const code of ['allowed', 'link_revoked', 'link_not_yet_valid', 'rule_country', 'rule_ip']) {
      expect([code, codes.get(code)]).toEqual([code, expect.any(Number)]);
    }
  });
});
