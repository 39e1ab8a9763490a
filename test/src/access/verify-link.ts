/** Both checks of a link's token, as delivery makes them, without rules and revocations. */
import { checkLinkUse, type LinkClaims, type LinkUse, readLink } from '../../../src/access/links.ts';
import type { KeySet } from '../../../src/access/signing-keys.ts';

export type VerifyLinkOptions = LinkUse & { keys: KeySet };

export async function verifyLink(token: string, { keys, ...use }: VerifyLinkOptions): Promise<LinkClaims> {
  const claims = await readLink(token, keys);
  checkLinkUse(claims, use);
  return claims;
}
