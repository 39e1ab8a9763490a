/** Whether a link or a session is revoked: by its own id, or by its viewer, asset or key. Reads a list, writes nothing. */
import { fingerprintOf, REVOCATION_KINDS, type RevocationKind, type RevocationList } from './revocation-list.ts';
import type { Session } from './sessions.ts';

/** The ids that a revocation may name; what is absent cannot be revoked. */
export type Subject = Partial<Readonly<Record<RevocationKind, string | undefined>>>;

/** Fingerprints of a subject, three words for each of `kinds`. */
export type SubjectFingerprints = { kinds: readonly RevocationKind[]; words: Uint32Array };

export async function fingerprintSubject(subject: Subject): Promise<SubjectFingerprints> {
  const kinds = REVOCATION_KINDS.filter((kind) => subject[kind] !== undefined);
  const parts = await Promise.all(kinds.map((kind) => fingerprintOf(kind, subject[kind] ?? '')));
  return { kinds, words: Uint32Array.from(parts.flatMap((part) => [...part])) };
}

/** The first kind, in the order of REVOCATION_KINDS, that the list has; or `null`. */
export function findRevocation(
  list: RevocationList,
  { kinds, words }: SubjectFingerprints,
  nowSeconds: number,
): RevocationKind | null {
  for (const [index, kind] of kinds.entries()) {
    if (list.has(words, index * 3, nowSeconds)) {
      return kind;
    }
  }
  return null;
}

/** By identity: SessionTokens gives the same object as long as it remembers the token, and no longer. */
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
    fingerprints = await fingerprintSubject({
      session: sessionId,
      link: link?.jti,
      viewer: link?.viewer,
      asset: assetId,
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
