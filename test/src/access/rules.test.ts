import { describe, expect, test } from 'vitest';
import { evaluateRules, type RequestFacts, type Rules, rulesSchema } from '../../../src/access/rules.ts';

/** The code of the rule that refuses the request, or `null`. */
const refusalOf = (rules: Rules | undefined, request: RequestFacts) =>
  evaluateRules(rules, request).at(-1)?.code ?? null;

const facts: RequestFacts = {
  country: 'DE',
  ip: '192.0.2.7',
  origin: 'https://app.example',
  userAgent: 'Mozilla/5.0 VLC/3',
};

describe('access rules', () => {
  test.each<[string, Rules | undefined, Partial<RequestFacts>, string | null]>([
    ['none', undefined, {}, null],
    ['empty', {}, {}, null],
    ['allowed country', { countries: { allow: ['FR', 'DE'] } }, {}, null],
    ['other country', { countries: { allow: ['FR'] } }, {}, 'rule_country'],
    ['denied country', { countries: { deny: ['DE'] } }, {}, 'rule_country'],
    ['deny wins', { countries: { allow: ['DE'], deny: ['DE'] } }, {}, 'rule_country'],
    ['unknown country is not allowed', { countries: { allow: ['DE'] } }, { country: null }, 'rule_country'],
    ['unknown country is not denied', { countries: { deny: ['DE'] } }, { country: null }, null],
    ['allowed range', { ips: { allow: ['192.0.2.0/24'] } }, {}, null],
    ['range allowed, address denied', { ips: { allow: ['192.0.2.0/24'], deny: ['192.0.2.7'] } }, {}, 'rule_ip'],
    ['other range', { ips: { allow: ['192.0.3.0/24'] } }, {}, 'rule_ip'],
    ['mapped address', { ips: { allow: ['192.0.2.0/24'] } }, { ip: '::ffff:192.0.2.7' }, null],
    ['IPv6 range', { ips: { allow: ['2001:db8::/32'] } }, { ip: '2001:db8:1::1' }, null],
    ['IPv6 address, IPv4 rule', { ips: { allow: ['0.0.0.0/0'] } }, { ip: '2001:db8::1' }, 'rule_ip'],
    ['no address', { ips: { allow: ['0.0.0.0/0', '::/0'] } }, { ip: null }, 'rule_ip'],
    ['an address that is none', { ips: { allow: ['0.0.0.0/0', '::/0'] } }, { ip: 'localhost' }, 'rule_ip'],
    ['allowed origin', { origins: { allow: ['https://app.example'] } }, {}, null],
    ['other scheme', { origins: { allow: ['http://app.example'] } }, {}, 'rule_origin'],
    [
      'prefix of an origin',
      { origins: { allow: ['https://app.example'] } },
      { origin: 'https://app.example.evil' },
      'rule_origin',
    ],
    ['no origin', { origins: { allow: ['https://app.example'] } }, { origin: null }, 'rule_origin'],
    ['denied origin', { origins: { deny: ['https://app.example'] } }, {}, 'rule_origin'],
    ...[
      ['https://APP.example', 'https://app.example'],
      ['HTTPS://app.example', 'https://app.example'],
      ['https://app.example:443', 'https://app.example'],
      ['https://app.example', 'https://App.Example'],
      ['https://app.example', 'https://app.example:443'],
      ['https://app.example', 'HTTPS://APP.EXAMPLE:443'],
      ['https://app.example', 'https://app.example.'],
      ['https://app.example:8443', 'https://APP.example.:8443'],
      ['http://app.example:80', 'http://app.example'],
    ].flatMap(([entry = '', origin = '']): [string, Rules, Partial<RequestFacts>, string | null][] => [
      [`${entry} allows ${origin}`, { origins: { allow: [entry] } }, { origin }, null],
      [`${entry} denies ${origin}`, { origins: { deny: [entry] } }, { origin }, 'rule_origin'],
    ]),
    ['another port', { origins: { allow: ['https://app.example:80'] } }, {}, 'rule_origin'],
    [
      'an extension',
      { origins: { allow: ['https://app.example'] } },
      { origin: 'chrome-extension://abc' },
      'rule_origin',
    ],
    ['allowed player, any case', { userAgents: { allow: ['vlc'] } }, {}, null],
    ['denied player', { userAgents: { deny: ['VLC'] } }, {}, 'rule_user_agent'],
    ['a pattern is text', { userAgents: { allow: ['.*'] } }, {}, 'rule_user_agent'],
    ['no user agent', { userAgents: { allow: ['vlc'] } }, { userAgent: null }, 'rule_user_agent'],
    ['every rule must hold', { countries: { allow: ['DE'] }, userAgents: { deny: ['vlc'] } }, {}, 'rule_user_agent'],
  ])('%s', (_, rules, changed, expected) => {
    expect(rulesSchema.optional().safeParse(rules).success).toBe(true);
    expect(refusalOf(rules, { ...facts, ...changed })).toBe(expected);
  });

  test.each([
    ['a list instead of an object', { countries: ['DE'] }],
    ['a long country', { countries: { allow: ['DEU'] } }],
    ['101 entries', { userAgents: { allow: Array(101).fill('x') } }],
    ['an empty part', { userAgents: { deny: [''] } }],
    ['a long part', { userAgents: { deny: ['x'.repeat(257)] } }],
    ['a list that allows nobody', { countries: { allow: [] } }],
    ['a list that forbids nobody', { userAgents: { deny: [] } }],
    ['a rule of another name', { cities: { allow: ['Rome'] } }],
    ['a list of another name', { countries: { permit: ['DE'] } }],
    ['an origin with a slash', { origins: { allow: ['https://app.example/'] } }],
    ['an origin of another scheme', { origins: { allow: ['ftp://app.example'] } }],
    ['a wildcard', { origins: { allow: ['*'] } }],
    ['a wildcard in a host', { origins: { deny: ['https://*.example'] } }],
    ['two hosts', { origins: { deny: ['https://a.example,b.example'] } }],
  ])('are refused: %s', (_, rules) => {
    expect(rulesSchema.safeParse(rules).success).toBe(false);
  });

  test.each(['https://app.example:8443', 'http://localhost:3000', 'https://[2001:db8::1]:8443', 'http://192.0.2.1'])(
    'take the origin %s',
    (origin) => {
      expect(rulesSchema.safeParse({ origins: { allow: [origin] } }).success).toBe(true);
    },
  );

  test('look at the first 2,048 characters of a User-Agent: the header may have 100 KB, a link a hundred entries', () => {
    const at = (index: number): RequestFacts => ({ ...facts, userAgent: `${'x'.repeat(index)}VLC` });
    const rules: Rules = { userAgents: { deny: ['vlc'] } };
    expect(refusalOf(rules, at(2045))).toBe('rule_user_agent');
    expect(refusalOf(rules, at(2046))).toBeNull();
  });
});
