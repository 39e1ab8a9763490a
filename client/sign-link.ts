/** Signs playback links in your app, without a call to Sluice. The claims: docs/guide/links.md. */
import { importJWK, type JWK, SignJWT } from 'jose';
import type { Schemas } from './api-types.ts';

/** What `POST /assets/{id}/links` takes, and what only your own key can say. */
export type LinkOptions = Omit<Schemas['CreateLink'], 'audience'> & {
  /** Any URL of the Worker: links begin with its origin. */
  server: string;
  assetId: string;
  /** A private JWK with a `kid`, as `POST /signing-keys` returns it. */
  key: JWK;
  audience?: 'video' | 'image' | ('video' | 'image')[];
  /** Names the link in a revocation; random by default. */
  jti?: string;
  /** Unix seconds: refused before. */
  notBefore?: number;
};

export type SignedLink = {
  token: string;
  jti: string;
  expiresAt: string;
  hls: string;
  dash: string;
  watch: string;
  /** Ends in a slash; append the name of the image. Needs the audience `image`. */
  images: string;
};

/** Longer tokens are refused. */
const TOKEN_LENGTH_MAX = 8192;

/** Throws TypeError or jose's errors for a key that cannot sign, RangeError for a link that would be refused. */
export async function signLink(options: LinkOptions): Promise<SignedLink> {
  const {
    server,
    assetId,
    key,
    expiresIn,
    audience = 'video',
    jti = crypto.randomUUID(),
    notBefore,
    ...claims
  } = options;
  const { kid } = key;
  const alg = ALGORITHMS[key.crv ?? key.kty ?? ''];
  if (kid === undefined || alg === undefined) {
    throw new TypeError('the key needs a kid, and must be one of ES256, EdDSA or RS256');
  }
  if (!Number.isFinite(expiresIn) || expiresIn <= 0) {
    throw new RangeError('expiresIn must be a number of seconds above 0');
  }
  if (claims.limits !== undefined && claims.viewer === undefined) {
    throw new RangeError('limits need a viewer');
  }
  const issuedAt = Math.floor(Date.now() / 1000);
  const expiresAt = issuedAt + Math.floor(expiresIn);
  const token = await new SignJWT({ ...claims, aud: audience, ...(notBefore === undefined ? {} : { nbf: notBefore }) })
    .setProtectedHeader({ alg, kid })
    .setSubject(assetId)
    .setJti(jti)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(await importJWK(key, alg));
  if (token.length > TOKEN_LENGTH_MAX) {
    throw new RangeError(`the token would have ${token.length} characters; at most ${TOKEN_LENGTH_MAX} are accepted`);
  }
  const at = (path: string): string => new URL(path, server).href;
  return {
    token,
    jti,
    expiresAt: new Date(expiresAt * 1000).toISOString(),
    hls: at(`/v/${token}/main.m3u8`),
    dash: at(`/v/${token}/manifest.mpd`),
    watch: at(`/watch/${token}`),
    images: at(`/v/${token}/images/`),
  };
}

/** By a key's curve or type. Links signed with a shared secret (HS256) are refused. */
const ALGORITHMS: Readonly<Record<string, string>> = { 'P-256': 'ES256', Ed25519: 'EdDSA', RSA: 'RS256' };
