/** The local secrets: created once per state directory, in a file that only its owner can read. No defaults. */
import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** 256 bits: what an HS256 key needs (RFC 7518 3.2), and plenty for a bearer token. */
const SECRET_BYTES = 32;
/** R2's access key ids are 128 bits in hexadecimal. */
const ACCESS_KEY_ID_BYTES = 16;

const secretSchema = z.string().min(32);

const secretsSchema = z.strictObject({
  apiToken: secretSchema,
  encoderToken: secretSchema,
  sessionSecret: secretSchema,
  /** Private ES256 JWK with its `kid`. */
  linkSigningKey: z.strictObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: z.string(),
    y: z.string(),
    d: z.string(),
    kid: z.string().min(1),
    alg: z.literal('ES256'),
    use: z.literal('sig'),
  }),
  s3AccessKeyId: secretSchema,
  s3SecretAccessKey: secretSchema,
});

export type Secrets = z.infer<typeof secretsSchema>;

export const secretsPath = (stateDir: string): string => join(stateDir, 'secrets.json');

/** Creates the directory or restricts it to its owner. Throws if it holds other files. */
function makeStateDir(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true, mode: OWNER_ONLY_FOLDER });
  const names = readdirSync(stateDir);
  if (names.length > 0 && !names.some((name) => /^(secrets\.json|v3$)/.test(name))) {
    throw new Error(`${stateDir} holds other files: STATE_DIR must be a folder of its own`);
  }
  chmodSync(stateDir, OWNER_ONLY_FOLDER);
}

/** Creates the secrets on the first call for a directory. Concurrent callers all get the same secrets. */
export async function loadOrMakeSecrets(stateDir: string): Promise<Secrets> {
  makeStateDir(stateDir);
  const known = readSecrets(stateDir);
  if (known !== null) {
    return known;
  }
  const path = secretsPath(stateDir);
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${JSON.stringify(await makeSecrets(), null, 2)}\n`, { flag: 'wx', mode: OWNER_ONLY_FILE });
  try {
    // A hard link fails if the name is taken and never exposes half a file, so the first caller wins.
    linkSync(draft, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) {
      throw error;
    }
  } finally {
    rmSync(draft);
  }
  const made = readSecrets(stateDir);
  if (made === null) {
    throw new Error(`${path} was deleted while it was being created`);
  }
  return made;
}

/** Null when the directory has no secrets. Throws when the file is damaged, and never replaces it. */
export function readSecrets(stateDir: string): Secrets | null {
  const path = secretsPath(stateDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
    chmodSync(path, OWNER_ONLY_FILE);
  } catch (error) {
    if (isCode(error, 'ENOENT')) {
      return null;
    }
    throw error;
  }
  const parsed = secretsSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'the file').join(', ');
    throw new Error(`${path} is damaged (${fields}); delete it to create new secrets`);
  }
  return parsed.data;
}

/** Creates new secrets without storing them. */
export async function makeSecrets(): Promise<Secrets> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return secretsSchema.parse({
    apiToken: randomBytes(SECRET_BYTES).toString('base64url'),
    encoderToken: randomBytes(SECRET_BYTES).toString('base64url'),
    sessionSecret: randomBytes(SECRET_BYTES).toString('base64url'),
    linkSigningKey: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' },
    s3AccessKeyId: randomBytes(ACCESS_KEY_ID_BYTES).toString('hex'),
    s3SecretAccessKey: randomBytes(SECRET_BYTES).toString('hex'),
  });
}

/** The secrets under the names that src/config.ts expects. */
export function workerSecrets(secrets: Secrets): Record<string, string> {
  return {
    API_TOKEN: secrets.apiToken,
    ENCODER_TOKEN: secrets.encoderToken,
    SESSION_SECRET: secrets.sessionSecret,
    LINK_SIGNING_KEY: JSON.stringify(secrets.linkSigningKey),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
