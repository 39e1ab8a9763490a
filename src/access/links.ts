/** Checks link tokens, which apps sign and players bring (docs/architecture/decisions/link-to-session.md). */
import { decodeProtectedHeader, errors, importJWK } from 'jose';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { assetIdSchema, opaqueIdSchema } from '../media/ids.ts';
import { MAX_DIMENSION } from '../media/limits.ts';
import { meter } from '../metrics/meter.ts';
import { LruMap } from '../platform/lru-map.ts';
import { concurrencyLimitsSchema, LIMITS_NEED_VIEWER, limitsHaveViewer } from './concurrency/limits.ts';
import { type VerifyingKey, verifiedPayload } from './jws.ts';
import { refusal } from './refusal.ts';
import { rulesSchema } from './rules.ts';
import { type KeySet, LINK_ALGORITHMS, MAX_KID_LENGTH, type VerificationKey } from './signing-keys.ts';

/** Proxies and players begin to refuse URLs at 8 KB. */
export const MAX_LINK_TOKEN_LENGTH = 8192;
/** For apps with a fast clock that write the current time. `exp` has no tolerance: it is a promise to stop. */
const NOT_BEFORE_TOLERANCE_SECONDS = 5;

export const LINK_AUDIENCES = ['video', 'image'] as const;
export type LinkAudience = (typeof LINK_AUDIENCES)[number];

const numericDate = z.number().min(0);

/** Claims that restrict a link are typed strictly. Other claims (`iat`, `iss`, …) are ignored, as RFC 7519 4 asks. */
export const linkClaimsSchema = z.object({
  sub: assetIdSchema,
  exp: numericDate,
  nbf: numericDate.optional(),
  aud: z.union([z.string(), z.array(z.string()).max(8)]).default('video'),
  jti: opaqueIdSchema.optional(),
  viewer: opaqueIdSchema.optional(),
  rules: rulesSchema.optional(),
  /** The highest rendition, by the picture's short side. */
  maxHeight: z.int().min(1).max(MAX_DIMENSION).optional(),
  /** Whether whole files may be fetched too. */
  downloads: z.boolean().optional(),
  /** How many sessions of the viewer may fetch at the same time. */
  limits: concurrencyLimitsSchema.optional(),
});
/** Separate, because a schema with a refinement cannot be extended, and the explain call extends linkClaimsSchema. */
const checkedClaimsSchema = linkClaimsSchema.refine(limitsHaveViewer, LIMITS_NEED_VIEWER);
/** `kid`: of the key that signed. */
export type LinkClaims = z.infer<typeof linkClaimsSchema> & { kid: string };

/** Header members by which a token would choose its own key or apply extensions (RFC 8725 3.10). */
const REFUSED_HEADERS = ['jwk', 'jku', 'x5c', 'x5u', 'crit', 'b64', 'zip'] as const;
const headerSchema = z.looseObject({ alg: z.string().max(32), kid: z.string().min(1).max(MAX_KID_LENGTH).optional() });

/** Three base64url parts. The signature may be empty, so that `alg: none` is refused for its algorithm. */
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

function selectKey(token: string, keys: KeySet): VerificationKey {
  let header: z.infer<typeof headerSchema>;
  try {
    header = headerSchema.parse(decodeProtectedHeader(token));
  } catch (cause) {
    throw new AppError('link_malformed', { cause });
  }
  if (!LINK_ALGORITHMS.some((algorithm) => algorithm === header.alg)) {
    throw refusal('link_algorithm');
  }
  if (REFUSED_HEADERS.some((member) => member in header)) {
    throw new AppError('link_malformed', { detail: 'The token header holds a member that is not accepted.' });
  }
  const key = header.kid === undefined ? undefined : keys.get(header.kid);
  if (key === undefined) {
    throw refusal('link_key_unknown');
  }
  // The key decides the algorithm, never the token (RFC 8725 3.1).
  if (key.alg !== header.alg) {
    throw refusal('link_algorithm');
  }
  return key;
}

/** An operator has a few keys. They are found by content, because `edge/keys.json` is parsed again every few seconds. */
const importedKeys = new LruMap<string, VerifyingKey>(64);

async function importKey({ alg, jwk }: VerificationKey): Promise<VerifyingKey> {
  const id = `${alg} ${JSON.stringify(jwk)}`;
  const known = importedKeys.get(id);
  if (known !== undefined) {
    return known;
  }
  const imported = await importJWK(jwk, alg);
  importedKeys.set(id, imported);
  return imported;
}

async function payloadOf(token: string, key: VerificationKey): Promise<Uint8Array> {
  const payload = await verifiedPayload(token, await importKey(key), key.alg).catch((cause: unknown) => {
    throw cause instanceof errors.JOSEError ? new AppError('link_malformed', { cause }) : cause;
  });
  if (payload === null) {
    throw new AppError('link_signature');
  }
  return payload;
}

function parseClaims(payload: Uint8Array): z.infer<typeof linkClaimsSchema> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(payload));
  } catch (cause) {
    throw new AppError('link_malformed', { cause });
  }
  const claims = checkedClaimsSchema.safeParse(json);
  if (!claims.success) {
    // Names of claims, not their values: the holder of the link sees the message.
    const names = [...new Set(claims.error.issues.map((issue) => issue.path.join('.')).filter((path) => path !== ''))];
    const [claim] = names;
    throw refusal('link_claims', {
      detail: `Not as documented: ${names.slice(0, 10).join(', ')}.`,
      ...(claim === undefined ? {} : { claim }),
      cause: claims.error,
    });
  }
  return claims.data;
}

/** The claims of a genuine link token, before any check of audience and times. Throws AppError with a `link_…` code. */
export async function readLink(token: string, keys: KeySet): Promise<LinkClaims> {
  if (token.length > MAX_LINK_TOKEN_LENGTH || !COMPACT_JWS.test(token)) {
    throw new AppError('link_malformed');
  }
  const key = selectKey(token, keys);
  return { ...parseClaims(await meter.countVerification('link', payloadOf(token, key))), kid: key.kid };
}

export type LinkUse = { audience: LinkAudience; nowSeconds: number };

/** Throws AppError where a genuine link is not for this use or this time. */
export function checkLinkUse(claims: LinkClaims, { audience, nowSeconds }: LinkUse): void {
  if (![claims.aud].flat().includes(audience)) {
    throw refusal('link_audience');
  }
  if (nowSeconds >= claims.exp) {
    throw refusal('link_expired');
  }
  if (claims.nbf !== undefined && nowSeconds + NOT_BEFORE_TOLERANCE_SECONDS < claims.nbf) {
    throw refusal('link_not_yet_valid');
  }
}
