/** Access rules of a link token: who may start a playback. Pure: facts of the request in, a refusal or nothing out. */
import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';
import { type IpAddress, parseIpAddress, parseIpRange, rangeContains } from './ip-address.ts';

/** A token has 8 KB in all; a list this long is a database, and belongs to the app that signs. */
const MAX_ENTRIES = 100;

/** An empty list would allow nobody or forbid nobody: surely a mistake of whoever signed. */
const listsOf = (entry: z.ZodString) => {
  const list = z.array(entry).min(1).max(MAX_ENTRIES).optional();
  return z.strictObject({ allow: list, deny: list }).optional();
};

/** URL parsers take `*` and `,` for parts of a host's name; a `deny` of such an origin would never match anything. */
const ORIGIN = /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:]+\])(?::[0-9]+)?$/i;

/** `https://app.example`: scheme, host and port, no path, no wildcard. */
const isOrigin = (text: string): boolean => ORIGIN.test(text) && URL.canParse(text);

/**
 * As browsers write it: lower case, without the port that goes without saying. A dot after the host is dropped: it leads
 * to the same site, and must not lead past a `deny`. What is no URL with an origin is compared as it stands.
 */
function normalOrigin(text: string): string {
  const { origin = 'null' } = URL.parse(text) ?? {};
  return (origin === 'null' ? text.toLowerCase() : origin).replace(/\.(?=(:[0-9]+)?$)/, '');
}

/** A key we do not know is refused, not ignored: it is a restriction that the app believes to be in force. */
export const rulesSchema = z.strictObject({
  /** ISO 3166-1 alpha-2, upper case; Cloudflare adds T1 for Tor and XX for unknown. */
  countries: listsOf(z.string().regex(/^[A-Z][A-Z0-9]$/)),
  /** Addresses and CIDR ranges, IPv4 and IPv6. */
  ips: listsOf(
    z.string().refine((text) => parseIpRange(text) !== null, { message: 'is not an address or CIDR range' }),
  ),
  origins: listsOf(z.string().max(256).refine(isOrigin, { message: 'is not an origin' })),
  /** Parts of the User-Agent header, in any case. No patterns: an expression from outside can take forever. */
  userAgents: listsOf(z.string().min(1).max(256)),
});
export type Rules = z.infer<typeof rulesSchema>;

/** What the request says of itself; `null` where it does not. */
export type RequestFacts = {
  country: string | null;
  ip: string | null;
  /** Of the Origin header, else of the Referer: players of the `<video>` element send no Origin. */
  origin: string | null;
  userAgent: string | null;
};

type Lists = { allow?: string[] | undefined; deny?: string[] | undefined } | undefined;

/** Why a rule passes or refuses; what the explain call shows. */
const VERDICTS = {
  no_rule: true,
  denied: false,
  allowed: true,
  not_denied: true,
  not_allowed: false,
  /** The request does not say, and there is an allow list. */
  unknown: false,
} as const;
type RuleVerdict = keyof typeof VERDICTS;

/** Deny wins. A fact that is missing is on no list: an allow list refuses it, a deny list lets it pass. */
function judge<T>(lists: Lists, fact: T | null, matches: (entry: string, fact: T) => boolean): RuleVerdict {
  const isOn = (list: string[]): boolean => fact !== null && list.some((entry) => matches(entry, fact));
  if (lists === undefined) {
    return 'no_rule';
  }
  if (lists.deny !== undefined && isOn(lists.deny)) {
    return 'denied';
  }
  if (lists.allow === undefined) {
    return lists.deny === undefined ? 'no_rule' : 'not_denied';
  }
  if (isOn(lists.allow)) {
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

/** Longer than any player's. The rest is not looked at: 50 KB against a hundred entries took 34 ms. */
const MAX_USER_AGENT_LENGTH = 2048;

type Rule = { name: keyof Rules; code: ErrorCode; judge: (rules: Rules, facts: RequestFacts) => RuleVerdict };

/** In the order in which they are checked. */
const RULES: readonly Rule[] = [
  { name: 'countries', code: 'rule_country', judge: (rules, { country }) => judge(rules.countries, country, isSame) },
  {
    name: 'ips',
    code: 'rule_ip',
    judge: (rules, { ip }) => judge(rules.ips, ip === null ? null : parseIpAddress(ip), inRange),
  },
  { name: 'origins', code: 'rule_origin', judge: (rules, { origin }) => judge(rules.origins, origin, isSameOrigin) },
  {
    name: 'userAgents',
    code: 'rule_user_agent',
    judge: (rules, { userAgent }) =>
      judge(rules.userAgents, userAgent?.slice(0, MAX_USER_AGENT_LENGTH).toLowerCase() ?? null, isPart),
  },
];

export type RuleResult = { name: keyof Rules; verdict: RuleVerdict; code: ErrorCode | null };

/** One rule after the other, up to the first that refuses (its `code` is set). */
export function evaluateRules(rules: Rules | undefined, facts: RequestFacts): RuleResult[] {
  const results: RuleResult[] = [];
  if (rules === undefined) {
    return results;
  }
  for (const rule of RULES) {
    const verdict = rule.judge(rules, facts);
    results.push({ name: rule.name, verdict, code: VERDICTS[verdict] ? null : rule.code });
    if (!VERDICTS[verdict]) {
      break;
    }
  }
  return results;
}
