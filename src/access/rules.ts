/** Access rules of a link token: who may start a playback. Pure. */
import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';
import { type IpAddress, parseIpAddress, parseIpRange, rangeContains } from './ip-address.ts';

/** A token has 8 KB in all. Longer lists belong in the database of the app that signs. */
const MAX_ENTRIES = 100;

/** An empty list would allow nobody or forbid nobody, which is surely a mistake. */
const listsOf = (entry: z.ZodString) => {
  const list = z.array(entry).min(1).max(MAX_ENTRIES).optional();
  return z.strictObject({ allow: list, deny: list }).optional();
};

/** URL parsers accept `*` and `,` in host names. A `deny` of such an origin would never match. */
const ORIGIN = /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:]+\])(?::[0-9]+)?$/i;

/** `https://app.example`: scheme, host and port, no path, no wildcard. */
const isOrigin = (text: string): boolean => ORIGIN.test(text) && URL.canParse(text);

/**
 * As browsers write it: lower case, without the default port. A dot after the host is dropped, because it leads to the
 * same site and must not lead past a `deny`. Text that is no URL with an origin is compared in lower case.
 */
function normalOrigin(text: string): string {
  const { origin = 'null' } = URL.parse(text) ?? {};
  return (origin === 'null' ? text.toLowerCase() : origin).replace(/\.(?=(:[0-9]+)?$)/, '');
}

/** An unknown key is refused, not ignored: the app believes that its restriction is in force. */
export const rulesSchema = z.strictObject({
  /** ISO 3166-1 alpha-2, upper case; Cloudflare adds T1 for Tor and XX for unknown. */
  countries: listsOf(z.string().regex(/^[A-Z][A-Z0-9]$/)),
  /** Addresses and CIDR ranges, IPv4 and IPv6. */
  ips: listsOf(
    z.string().refine((text) => parseIpRange(text) !== null, { message: 'is not an address or CIDR range' }),
  ),
  origins: listsOf(z.string().max(256).refine(isOrigin, { message: 'is not an origin' })),
  /** Parts of the User-Agent header, in any case. No patterns: a hostile expression can take forever. */
  userAgents: listsOf(z.string().min(1).max(256)),
});
export type Rules = z.infer<typeof rulesSchema>;

/** What a request says about itself; `null` where it says nothing. */
export type RequestFacts = {
  country: string | null;
  ip: string | null;
  /** From the Origin header, else from the Referer: players of the `<video>` element send no Origin. */
  origin: string | null;
  userAgent: string | null;
};

/** Why a rule passes or refuses, as the explain call shows it. */
const VERDICTS = {
  no_rule: true,
  denied: false,
  allowed: true,
  not_denied: true,
  not_allowed: false,
  /** The request does not have the fact, and there is an allow list. */
  unknown: false,
} as const;
type RuleVerdict = keyof typeof VERDICTS;

/** Deny wins. A missing fact is on no list: an allow list refuses it, a deny list lets it pass. */
function judge<T>(
  { allow, deny }: NonNullable<Rules[keyof Rules]> = {},
  fact: T | null,
  matches: (entry: string, fact: T) => boolean,
): RuleVerdict {
  const isOn = (list: string[] = []): boolean => fact !== null && list.some((entry) => matches(entry, fact));
  if (isOn(deny)) {
    return 'denied';
  }
  if (allow === undefined) {
    return deny === undefined ? 'no_rule' : 'not_denied';
  }
  if (isOn(allow)) {
    return 'allowed';
  }
  return fact === null ? 'unknown' : 'not_allowed';
}

function inRange(entry: string, address: IpAddress): boolean {
  const range = parseIpRange(entry);
  return range !== null && rangeContains(range, address);
}

const isSameOrigin = (entry: string, fact: string): boolean => normalOrigin(entry) === normalOrigin(fact);
const isSame = (entry: string, fact: string): boolean => entry === fact;
const isPart = (entry: string, lowerCaseFact: string): boolean => lowerCaseFact.includes(entry.toLowerCase());

/** Longer than any player's. The rest is ignored: 50 KB against a hundred entries took 34 ms. */
const MAX_USER_AGENT_LENGTH = 2048;

type JudgedRule = { name: keyof Rules; code: ErrorCode; judge: (rules: Rules, facts: RequestFacts) => RuleVerdict };

/** In the order in which they are checked. */
const RULES: readonly JudgedRule[] = [
  { name: 'countries', code: 'rule_country', judge: (rules, { country }) => judge(rules.countries, country, isSame) },
  { name: 'ips', code: 'rule_ip', judge: (rules, { ip }) => judge(rules.ips, parseIpAddress(ip ?? ''), inRange) },
  { name: 'origins', code: 'rule_origin', judge: (rules, { origin }) => judge(rules.origins, origin, isSameOrigin) },
  {
    name: 'userAgents',
    code: 'rule_user_agent',
    judge: (rules, { userAgent }) =>
      judge(rules.userAgents, userAgent?.slice(0, MAX_USER_AGENT_LENGTH).toLowerCase() ?? null, isPart),
  },
];

type RuleResult = { name: keyof Rules; verdict: RuleVerdict; code: ErrorCode | null };

/** One rule after the other, up to the first that refuses, whose `code` is set. */
export function evaluateRules(rules: Rules | undefined, facts: RequestFacts): RuleResult[] {
  const results: RuleResult[] = [];
  if (rules === undefined) {
    return results;
  }
  for (const rule of RULES) {
    const verdict = rule.judge(rules, facts);
    const passes = VERDICTS[verdict];
    results.push({ name: rule.name, verdict, code: passes ? null : rule.code });
    if (!passes) {
      break;
    }
  }
  return results;
}
