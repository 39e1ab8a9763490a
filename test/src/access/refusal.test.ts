/** What refusals of playback say, and which errors are refusals. The log and alerts depend on it. */
import { describe, expect, test } from 'vitest';
import { claimOf, isRefusal, refusal } from '../../../src/access/refusal.ts';
import { AppError, type ErrorCode } from '../../../src/errors.ts';

describe('a refusal', () => {
  test.each<[ErrorCode, string | undefined]>([
    ['link_algorithm', 'alg'],
    ['link_key_unknown', 'kid'],
    ['link_expired', 'exp'],
    ['link_not_yet_valid', 'nbf'],
    ['link_audience', 'aud'],
    ['link_no_rendition', 'maxHeight'],
    ['rule_country', 'rules.countries'],
    ['rule_ip', 'rules.ips'],
    ['rule_origin', 'rules.origins'],
    ['rule_user_agent', 'rules.userAgents'],
    ['session_expired', 'exp'],
    ['session_track', 'maxHeight'],
    ['stream_limit', 'limits.sessions'],
    ['stream_evicted', 'limits.sessions'],
    ['link_revoked', undefined],
    ['session_revoked', undefined],
  ])('%s names the claim %s', (code, claim) => {
    const error = refusal(code);
    expect([error.code, claimOf(error)]).toEqual([code, claim]);
  });

  test('names the claim that it is given, beside whatever else it says', () => {
    const error = refusal('link_revoked', { claim: 'viewer', detail: 'a detail', extra: { more: 1 } });
    expect(error.options).toEqual({ detail: 'a detail', extra: { more: 1, claim: 'viewer' } });
    expect(claimOf(refusal('link_expired', { claim: 'session' }))).toBe('session');
  });

  test('is no claim that is not a text, and none of an error without one', () => {
    expect(claimOf(new AppError('not_found', { extra: { claim: 5 } }))).toBeUndefined();
    expect(claimOf(new AppError('not_found'))).toBeUndefined();
  });
});

test.each<[ErrorCode, boolean]>([
  ['link_expired', true],
  ['rule_ip', true],
  ['session_revoked', true],
  ['stream_limit', true],
  ['stream_evicted', true],
  ['asset_disabled', true],
  ['asset_not_published', true],
  ['asset_unpublished', true],
  ['asset_not_found', false],
  ['not_found', false],
  ['unavailable', false],
])('%s is a refusal of playback: %s', (code, expected) => {
  expect(isRefusal(new AppError(code))).toBe(expected);
});
