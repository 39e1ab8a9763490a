/** What an object of the bucket is, from its key alone: the reverse of keys.ts. Whatever that does not build is `unknown`. */
import { assetIdSchema, attemptSchema, trackIdSchema, versionIdSchema } from './ids.ts';
import { EDGE_KEYS_KEY, EDGE_REVOCATIONS_KEY, isSourceKey, type VersionRef } from './keys.ts';

export type VersionObject = VersionRef &
  (
    | { kind: 'presentation'; revision: number }
    | { kind: 'init'; track: string }
    | { kind: 'segment'; track: string; attempt: string; number: number }
    | { kind: 'image' }
  );

export type ObjectKind =
  | { kind: 'edge' }
  /**
   * `owner`: the folder below `sources/`, which is the asset's id where Sluice itself has written the source; empty where
   * there is no folder.
   */
  | { kind: 'source'; owner: string }
  | { kind: 'pointer'; assetId: string }
  | VersionObject
  | { kind: 'unknown' };

const UNKNOWN: ObjectKind = { kind: 'unknown' };

/** As keys.ts writes numbers: no sign, no leading zero. */
const COUNT = '([1-9][0-9]{0,8})';
const PRESENTATION = new RegExp(`^presentation-${COUNT}\\.json$`);
const SEGMENT = new RegExp(`^${COUNT}\\.m4s$`);

const isAssetId = (text: string | undefined): text is string => assetIdSchema.safeParse(text).success;
const isVersionId = (text: string | undefined): text is string => versionIdSchema.safeParse(text).success;
const isTrackId = (text: string | undefined): text is string => trackIdSchema.safeParse(text).success;
const isAttempt = (text: string | undefined): text is string => attemptSchema.safeParse(text).success;

export function objectKindOf(key: string): ObjectKind {
  if (key === EDGE_KEYS_KEY || key === EDGE_REVOCATIONS_KEY) {
    return { kind: 'edge' };
  }
  const [root, first, second, ...rest] = key.split('/');
  if (root === 'sources') {
    return isSourceKey(key) ? { kind: 'source', owner: second === undefined ? '' : (first ?? '') } : UNKNOWN;
  }
  if (root !== 'assets' || !isAssetId(first)) {
    return UNKNOWN;
  }
  if (second === 'current.json' && rest.length === 0) {
    return { kind: 'pointer', assetId: first };
  }
  return isVersionId(second) ? versionObjectOf({ assetId: first, version: second }, rest) : UNKNOWN;
}

function versionObjectOf(ref: VersionRef, [first, second, third, ...rest]: string[]): ObjectKind {
  if (first === 'images') {
    return second === undefined || second === '' ? UNKNOWN : { ...ref, kind: 'image' };
  }
  if (second === undefined) {
    const revision = PRESENTATION.exec(first ?? '')?.[1];
    return revision === undefined ? UNKNOWN : { ...ref, kind: 'presentation', revision: Number(revision) };
  }
  if (!isTrackId(first)) {
    return UNKNOWN;
  }
  if (third === undefined) {
    return second === 'init.mp4' ? { ...ref, kind: 'init', track: first } : UNKNOWN;
  }
  const number = SEGMENT.exec(third)?.[1];
  return number === undefined || rest.length > 0 || !isAttempt(second)
    ? UNKNOWN
    : { ...ref, kind: 'segment', track: first, attempt: second, number: Number(number) };
}
