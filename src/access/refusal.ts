/** Refusals of playback: an AppError that also says which claim decided (the `claim` member of the problem document). */
import { AppError, type AppErrorOptions, type ErrorCode } from '../errors.ts';

/** Where the code alone tells the claim. `alg` and `kid` are members of the token's header. */
const CLAIMS: Partial<Readonly<Record<ErrorCode, string>>> = {
  link_algorithm: 'alg',
  link_key_unknown: 'kid',
  link_expired: 'exp',
  link_not_yet_valid: 'nbf',
  link_audience: 'aud',
  link_no_rendition: 'maxHeight',
  rule_country: 'rules.countries',
  rule_ip: 'rules.ips',
  rule_origin: 'rules.origins',
  rule_user_agent: 'rules.userAgents',
  session_expired: 'exp',
  session_track: 'maxHeight',
  stream_limit: 'limits.sessions',
  stream_evicted: 'limits.sessions',
};

/** `claim` where the code does not tell it: for what is revoked, the kind of revocation. */
export function refusal(code: ErrorCode, options: AppErrorOptions & { claim?: string } = {}): AppError {
  const { claim = CLAIMS[code], ...rest } = options;
  return new AppError(code, claim === undefined ? rest : { ...rest, extra: { ...rest.extra, claim } });
}

/** The claim that an error names, if it is a refusal that names one. */
export function claimOf(error: AppError): string | undefined {
  const claim = error.options.extra?.['claim'];
  return typeof claim === 'string' ? claim : undefined;
}

/** Whether playback was refused, as opposed to a request that no player makes. What is logged, one line each. */
export const isRefusal = ({ code }: AppError): boolean => /^(link|rule|session|stream)_|^asset_disabled$/.test(code);
