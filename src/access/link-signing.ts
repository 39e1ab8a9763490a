/** Signs link tokens with our own key, for apps that would rather ask us than hold a key: POST /v1/assets/{id}/links. */

import { importJWK, SignJWT } from 'jose';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { randomId } from '../platform/random-id.ts';
import type { ConcurrencyLimits } from './concurrency/limits.ts';
import { type LinkAudience, MAX_LINK_TOKEN_LENGTH } from './links.ts';
import type { Rules } from './rules.ts';

export type LinkOptions = {
  assetId: string;
  expiresInSeconds: number;
  /** What the link is for; `video` unless given. */
  audience?: LinkAudience | undefined;
  /** Opaque id of whoever the link is for. */
  viewer?: string | undefined;
  rules?: Rules | undefined;
  maxHeight?: number | undefined;
  limits?: ConcurrencyLimits | undefined;
  /** What a revocation of this link names; random unless given. */
  jti?: string | undefined;
  now: Date;
};

/**
 * A link token.
 * Throws AppError `invalid_request` where the rules make it longer than a link may be.
 */
export async function signLink(config: Pick<Config, 'LINK_SIGNING_KEY'>, options: LinkOptions): Promise<string> {
  const issuedAt = Math.floor(options.now.getTime() / 1000);
  const { audience = 'video', viewer, rules, maxHeight, limits, jti = randomId(16) } = options;
  const key = await importJWK(config.LINK_SIGNING_KEY, 'ES256');
  const token = await new SignJWT({
    aud: audience,
    ...(viewer === undefined ? {} : { viewer }),
    ...(rules === undefined ? {} : { rules }),
    ...(maxHeight === undefined ? {} : { maxHeight }),
    ...(limits === undefined ? {} : { limits }),
  })
    .setProtectedHeader({ alg: 'ES256', kid: config.LINK_SIGNING_KEY.kid })
    .setSubject(options.assetId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + options.expiresInSeconds)
    .setJti(jti)
    .sign(key);
  if (token.length > MAX_LINK_TOKEN_LENGTH) {
    throw new AppError('invalid_request', { detail: 'The rules are too many for a link.' });
  }
  return token;
}
