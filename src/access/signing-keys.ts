/** The keys of link tokens. Registered public JWKs may be hostile. `edge/keys.json` stores them for delivery. */

import { exportJWK, generateKeyPair, importJWK } from 'jose';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { randomId } from '../platform/random-id.ts';
import { isUsablePoint, RSA_BITS_MIN, refusedModulus } from './weak-keys.ts';

/** Asymmetric only: with a shared secret, everyone who can verify could sign. Never HS256, never `none`. */
export const LINK_ALGORITHMS = ['ES256', 'EdDSA', 'RS256'] as const;
export type LinkAlgorithm = (typeof LINK_ALGORITHMS)[number];

/** Not longer than a revocation's value: deleting a key revokes it. */
export const MAX_KID_LENGTH = 128;

/** The one algorithm each key type signs with: a token cannot choose another (RFC 8725 3.1). */
const ALGORITHM_OF = { EC: 'ES256', OKP: 'EdDSA', RSA: 'RS256' } as const satisfies Record<string, LinkAlgorithm>;

/** 32 bytes in base64url: a coordinate of P-256, or an Ed25519 point. */
const thirtyTwoBytes = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** Only the members that make the key: `use`, `key_ops` and others are dropped. */
export const publicJwkSchema = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: thirtyTwoBytes, y: thirtyTwoBytes }),
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: thirtyTwoBytes }),
  // 65537: smaller public exponents make forgery easier, and today's tools write no other.
  z.object({ kty: z.literal('RSA'), n: z.string().regex(/^[A-Za-z0-9_-]{342,683}$/), e: z.literal('AQAB') }),
]);

/** Printable ASCII, which covers thumbprints, URLs and `app@example`. In a path, `.` and `..` would be steps. */
export const kidSchema = z
  .string()
  .max(MAX_KID_LENGTH)
  .regex(/^(?!\.{1,2}$)[!-~]+$/);

export const signingKeySchema = z.object({
  kid: z.string().min(1).max(MAX_KID_LENGTH),
  alg: z.enum(LINK_ALGORITHMS),
  jwk: publicJwkSchema,
  /** ISO 8601, UTC. */
  createdAt: z.iso.datetime(),
});
export type SigningKey = z.infer<typeof signingKeySchema>;

/** An operator has a few keys per app and rotation. Every isolate parses the file. */
export const MAX_SIGNING_KEYS = 200;

/** `edge/keys.json`. */
export const edgeKeysSchema = z.object({ keys: z.array(signingKeySchema).max(MAX_SIGNING_KEYS) });
export type EdgeKeys = z.infer<typeof edgeKeysSchema>;

export type VerificationKey = Pick<SigningKey, 'kid' | 'alg' | 'jwk'>;
export type KeySet = ReadonlyMap<string, VerificationKey>;

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/** What a JWK may say about its use (RFC 7517 4.2 to 4.4). */
const statedUseSchema = z.looseObject({
  alg: z.string().optional(),
  use: z.literal('sig').optional(),
  key_ops: z.array(z.string().max(64)).max(16).optional(),
});

const invalidKey = (detail: string, cause?: unknown): AppError =>
  new AppError('signing_key_invalid', { detail, cause });

/**
 * A key to register, from a request body. Throws AppError `signing_key_invalid` for private keys, other types and
 * curves, weak keys, points that are not on the curve, and an `alg`, `use` or `key_ops` with which no link is signed.
 */
export async function parsePublicJwk(input: unknown): Promise<Pick<SigningKey, 'alg' | 'jwk'>> {
  const members = z.record(z.string().max(64), z.unknown()).safeParse(input);
  if (!members.success) {
    throw invalidKey('A JWK is a JSON object.');
  }
  if (PRIVATE_MEMBERS.some((member) => member in members.data)) {
    throw invalidKey('This is a private or secret key: register the public half, and treat this one as disclosed.');
  }
  const parsed = publicJwkSchema.safeParse(members.data);
  if (!parsed.success) {
    throw invalidKey('Registered are EC P-256, OKP Ed25519 and RSA (2048 to 4096 bits, exponent 65537) public keys.');
  }
  const jwk = parsed.data;
  const alg = ALGORITHM_OF[jwk.kty];
  const stated = statedUseSchema.safeParse(members.data);
  const { alg: statedAlg = alg, key_ops: operations = ['verify'] } = stated.data ?? {};
  if (!stated.success || statedAlg !== alg || !operations.includes('verify')) {
    throw invalidKey(`A key of this type is used to verify ${alg} signatures.`);
  }
  const refused = jwk.kty === 'RSA' ? refusedModulus(jwk.n) : null;
  if (refused !== null) {
    throw invalidKey(`The modulus ${refused}.`);
  }
  if (jwk.kty === 'OKP' && !isUsablePoint(jwk.x)) {
    throw invalidKey('Anyone can sign for a key of small order.');
  }
  try {
    await importJWK(jwk, alg);
  } catch (cause) {
    throw invalidKey('The numbers of the key do not make a key.', cause);
  }
  return { alg, jwk };
}

/** A new key pair with a random kid. The caller shows the private JWK once; nothing stores it. */
export async function generateSigningKey(
  alg: LinkAlgorithm,
  now: Date,
): Promise<{ key: SigningKey; privateJwk: Record<string, unknown> }> {
  const pair = await generateKeyPair(alg, { extractable: true, modulusLength: RSA_BITS_MIN });
  const kid = randomId(16);
  const jwk = publicJwkSchema.parse(await exportJWK(pair.publicKey));
  const privateJwk = { ...(await exportJWK(pair.privateKey)), kid, alg };
  return { key: { kid, alg, jwk, createdAt: now.toISOString() }, privateJwk };
}

type OwnKeys = Pick<Config, 'LINK_SIGNING_KEY' | 'LINK_SIGNING_KEY_PREVIOUS'>;

/** The public halves of the keys that we sign links with, did before, or will next. */
function ownKeys({ LINK_SIGNING_KEY, LINK_SIGNING_KEY_PREVIOUS }: OwnKeys): VerificationKey[] {
  const own = LINK_SIGNING_KEY_PREVIOUS === undefined ? [] : [LINK_SIGNING_KEY_PREVIOUS];
  return [...own, LINK_SIGNING_KEY].map(({ kid, kty, crv, x, y }) => ({ kid, alg: 'ES256', jwk: { kty, crv, x, y } }));
}

export const isOwnKid = (config: OwnKeys, kid: string): boolean => ownKeys(config).some((key) => key.kid === kid);

/** Our own kids win: registering a key must not break links that POST /v1/assets/{id}/links signed. */
export const mergeKeys = (config: OwnKeys, registered: EdgeKeys | null): KeySet =>
  new Map([...(registered?.keys ?? []), ...ownKeys(config)].map((key) => [key.kid, key]));
