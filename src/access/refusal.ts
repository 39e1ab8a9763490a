/** Refusals of playback: an AppError that names the claim that decided, as `claim` in the problem document. */
import { AppError, type AppErrorOptions, type ErrorCode } from '../errors.ts';

/** Claims that follow from the code. `alg` and `kid` are members of the token's header. */
const CLAIMS: Partial<Readonly<Record<ErrorCode, string>>> = {
  link_algorithm: 'alg',
  link_key_unknown: 'kid',
  link_expired: 'exp',
  link_not_yet_valid: 'nbf',
  link_audience: 'aud',
  link_no_rendition: 'maxHeight',
  link_downloads: 'downloads',
  rule_country: 'rules.countries',
  rule_ip: 'rules.ips',
  rule_origin: 'rules.origins',
  rule_user_agent: 'rules.userAgents',
  session_expired: 'exp',
  session_track: 'maxHeight',
  stream_limit: 'limits.sessions',
  stream_evicted: 'limits.sessions',
};

/** `claim` is given where the code does not tell it: the kind of a revocation. */
export function refusal(code: ErrorCode, options: AppErrorOptions & { claim?: string } = {}): AppError {
  const { claim = CLAIMS[code], ...rest } = options;
  return new AppError(code, claim === undefined ? rest : { ...rest, extra: { ...rest.extra, claim } });
}

/** The claim that an error names, if any. */
export function claimOf(error: AppError): string | undefined {
  const claim = error.options.extra?.['claim'];
  return typeof claim === 'string' ? claim : undefined;
}

/** Whether playback was refused, as opposed to a request that no player makes. Each refusal is logged as one line. */
export const isRefusal = ({ code }: AppError): boolean =>
  /^(link|rule|session|stream)_|^asset_(disabled|not_published|unpublished)$|^source_not_turned$/.test(code);
