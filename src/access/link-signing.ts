/** Signs link tokens with our own key, for apps that hold no key: POST /v1/assets/{id}/links. */

import { importJWK, SignJWT } from 'jose';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { randomId } from '../platform/random-id.ts';
import { type LinkAudience, type LinkClaims, MAX_LINK_TOKEN_LENGTH } from './links.ts';

export type LinkOptions = Partial<
  Pick<LinkClaims, 'viewer' | 'rules' | 'maxHeight' | 'downloads' | 'limits' | 'jti'>
> & {
  assetId: string;
  expiresInSeconds: number;
  audience?: LinkAudience | undefined;
  now: Date;
};

/** A link token. Throws AppError `invalid_request` where the rules make it too long. */
export async function signLink(config: Pick<Config, 'LINK_SIGNING_KEY'>, options: LinkOptions): Promise<string> {
  const issuedAt = Math.floor(options.now.getTime() / 1000);
  const { audience = 'video', viewer, rules, maxHeight, downloads, limits, jti = randomId(16) } = options;
  const key = await importJWK(config.LINK_SIGNING_KEY, 'ES256');
  const token = await new SignJWT({ aud: audience, viewer, rules, maxHeight, downloads, limits })
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
