/** Whether a link or a session is revoked: by its own id, or by its viewer, asset or key. */
import {
  FINGERPRINT_WORDS,
  fingerprintOf,
  fingerprintToHex,
  putFingerprint,
  REVOCATION_KINDS,
  type RevocationKind,
  type RevocationList,
} from './revocation-list.ts';
import type { Session, SessionLink } from './sessions.ts';

/** The ids that a revocation may name, or their fingerprints. An absent id cannot be revoked. */
type Subject = Partial<Readonly<Record<RevocationKind, string | undefined>>>;

/** Fingerprints of a subject: three words for each of `kinds`. */
export type SubjectFingerprints = { kinds: readonly RevocationKind[]; words: Uint32Array };

/** 24 hex digits, which stand for a revocable id everywhere else. */
export const fingerprint = async (kind: RevocationKind, value: string): Promise<string> =>
  fingerprintToHex(await fingerprintOf(kind, value));

/** With fingerprints instead of ids: by them the sessions of the link are revoked and limited. */
export async function fingerprintLink({ jti, viewer, kid, limits }: SessionLink): Promise<SessionLink> {
  return {
    jti: jti === undefined ? undefined : await fingerprint('link', jti),
    viewer: viewer === undefined ? undefined : await fingerprint('viewer', viewer),
    kid: await fingerprint('key', kid),
    limits,
  };
}

function packFingerprints(hexes: Subject): SubjectFingerprints {
  const kinds = REVOCATION_KINDS.filter((kind) => hexes[kind] !== undefined);
  const words = new Uint32Array(kinds.length * FINGERPRINT_WORDS);
  for (const [index, kind] of kinds.entries()) {
    putFingerprint(words, index * FINGERPRINT_WORDS, hexes[kind] ?? '');
  }
  return { kinds, words };
}

export async function fingerprintSubject(subject: Subject): Promise<SubjectFingerprints> {
  const kinds = REVOCATION_KINDS.filter((kind) => subject[kind] !== undefined);
  const hexes = kinds.map(async (kind) => [kind, await fingerprint(kind, subject[kind] ?? '')]);
  return packFingerprints(Object.fromEntries(await Promise.all(hexes)));
}

/** The first revoked kind in the order of REVOCATION_KINDS, or `null`. */
export function findRevocation(
  list: RevocationList,
  { kinds, words }: SubjectFingerprints,
  nowSeconds: number,
): RevocationKind | null {
  return kinds.find((_, index) => list.has(words, index * FINGERPRINT_WORDS, nowSeconds)) ?? null;
}

/** By identity: SessionTokens returns the same object as long as it remembers the token. */
const ofSessions = new WeakMap<Session, SubjectFingerprints>();

export async function sessionRevocation(
  list: RevocationList,
  session: Session,
  nowSeconds: number,
): Promise<RevocationKind | null> {
  if (list.size === 0) {
    return null;
  }
  let fingerprints = ofSessions.get(session);
  if (fingerprints === undefined) {
    const { sessionId, assetId, link } = session;
    fingerprints = packFingerprints({
      session: await fingerprint('session', sessionId),
      link: link?.jti,
      viewer: link?.viewer,
      asset: await fingerprint('asset', assetId),
      key: link?.kid,
    });
    ofSessions.set(session, fingerprints);
  }
  return findRevocation(list, fingerprints, nowSeconds);
}

export const linkRevocation = async (
  list: RevocationList,
  subject: Omit<Subject, 'session'>,
  nowSeconds: number,
): Promise<RevocationKind | null> =>
  list.size === 0 ? null : findRevocation(list, await fingerprintSubject(subject), nowSeconds);
