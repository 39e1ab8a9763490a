/**
 * The grammar of object keys (docs/architecture/storage.md): builds every key of the bucket and reads it back. What no
 * function here builds is not read. Pure strings, no bucket.
 */
import { isAssetId, isAttempt, isTrackId, isVersionId } from './ids.ts';
import { IMAGE_TYPES, type ImageExtension } from './media-types.ts';

export const EDGE_KEYS_KEY = 'edge/keys.json';
export const EDGE_REVOCATIONS_KEY = 'edge/revocations.json';

export type VersionRef = { assetId: string; version: string };

/** `sources/{assetId}/{file}`: the original file, as uploaded. */
export const sourceKey = (assetId: string, file: string): string => `sources/${assetId}/${file}`;

/** Everything of one version lives below this prefix, which ends in a slash. */
export const versionPrefix = ({ assetId, version }: VersionRef): string => `assets/${assetId}/${version}/`;

/** Of a key below `assets/`. */
export const assetIdOf = (key: string): string => key.split('/', 2)[1] ?? '';

/** The version prefix that an object's key begins with; the key itself where it is not below one. */
export function versionPrefixOf(key: string): string {
  const assetEnd = key.indexOf('/', key.indexOf('/') + 1);
  const versionEnd = assetEnd < 0 ? -1 : key.indexOf('/', assetEnd + 1);
  return versionEnd < 0 ? key : key.slice(0, versionEnd + 1);
}

export const currentKey = (assetId: string): string => `assets/${assetId}/current.json`;

export const presentationKey = (ref: VersionRef, revision: number): string =>
  `${versionPrefix(ref)}presentation-${revision}.json`;

/** The files of a track: what an encoder names when it writes one. */
export const INIT_FILE = 'init.mp4';
export const segmentFile = (number: number | '$Number$'): string => `${number}.m4s`;

/**
 * Paths below a version prefix: what follows the session token in a delivery URL is exactly this. Of a DASH template,
 * `attempt` is an attempt map and `number` a placeholder.
 */
export const initPath = (track: string): string => `${track}/${INIT_FILE}`;
export const segmentPath = (track: string, attempt: string, number: number | '$Number$'): string =>
  `${track}/${attempt}/${segmentFile(number)}`;

export const initKey = (ref: VersionRef, track: string): string => versionPrefix(ref) + initPath(track);
export const segmentKey = (ref: VersionRef, track: string, attempt: string, number: number): string =>
  versionPrefix(ref) + segmentPath(track, attempt, number);

/** R2 allows 1,024 bytes of UTF-8; a character has at most three per code unit. */
export const MAX_SOURCE_KEY_LENGTH = 512;
const MAX_SOURCE_KEY_BYTES = 1024;

/** Below `sources/`, in folders or not; no empty, `.` or `..` step, no control character. Stands in the OpenAPI document. */
export const SOURCE_KEY = /^sources(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]+)+$/u;

/** A source key a caller may name: of this form, and one that the bucket can have. */
export const isSourceKey = (key: string): boolean =>
  key.length <= MAX_SOURCE_KEY_LENGTH &&
  SOURCE_KEY.test(key) &&
  // Half a surrogate pair has no UTF-8: such a name cannot be told to the bucket.
  key.isWellFormed() &&
  new TextEncoder().encode(key).byteLength <= MAX_SOURCE_KEY_BYTES;

/** A 12-hour asset has 21,600 segments; 999,999 leaves live room and keeps every number a small integer. */
export const MAX_SEGMENT_NUMBER = 999_999;
const SEGMENT_NUMBER = /^[1-9][0-9]{0,5}$/;
const SEGMENT_FILE = /^([1-9][0-9]{0,5})\.m4s$/;
const PRESENTATION_FILE = /^presentation-([1-9][0-9]{0,8})\.json$/;
const IMAGE_FILE = /^[a-z0-9][a-z0-9_-]{0,63}\.([a-z]{3,4})$/;
/** Not a track: images of a version have no init segment and no attempts. */
const IMAGES = 'images';

/** A segment's number as it stands in a URL: decimal, from 1, no leading zero. `null` for anything else. */
export const parseSegmentNumber = (text: string): number | null => (SEGMENT_NUMBER.test(text) ? Number(text) : null);

/** A track's file: `init`, or the number of its segment. */
export function parseTrackFile(name: string): 'init' | number | null {
  const number = SEGMENT_FILE.exec(name)?.[1];
  return number === undefined ? (name === INIT_FILE ? 'init' : null) : Number(number);
}

/** The id of a track as a step of a path. */
export const isTrackStep = (text: string): boolean => isTrackId(text) && text !== IMAGES;

function imageExtensionOf(file: string): ImageExtension | null {
  const extension = IMAGE_FILE.exec(file)?.[1];
  const isKnown = (text: string | undefined): text is ImageExtension =>
    text !== undefined && Object.hasOwn(IMAGE_TYPES, text);
  return isKnown(extension) ? extension : null;
}

/** What a path below a version's prefix names. */
export type VersionFile =
  | { kind: 'presentation'; revision: number }
  | { kind: 'init'; track: string }
  | { kind: 'segment'; track: string; attempt: string; number: number }
  /** `extension` is null where delivery serves no such file. */
  | { kind: 'image'; extension: ImageExtension | null };

/** `path` is raw: percent escapes are not decoded, since no path of ours has any. */
export function parseVersionPath(path: string): VersionFile | null {
  const [first = '', second, third, fourth] = path.split('/', 4);
  if (second === undefined) {
    const revision = PRESENTATION_FILE.exec(first)?.[1];
    return revision === undefined ? null : { kind: 'presentation', revision: Number(revision) };
  }
  if (first === IMAGES) {
    return second === '' ? null : { kind: 'image', extension: third === undefined ? imageExtensionOf(second) : null };
  }
  if (fourth !== undefined || !isTrackStep(first)) {
    return null;
  }
  if (third === undefined) {
    return second === INIT_FILE ? { kind: 'init', track: first } : null;
  }
  const number = SEGMENT_FILE.exec(third)?.[1];
  return number === undefined || !isAttempt(second)
    ? null
    : { kind: 'segment', track: first, attempt: second, number: Number(number) };
}

export type VersionObject = VersionRef & VersionFile;

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

const VERSION_KEY = /^assets\/([^/]+)\/([^/]+)\/(.+)$/s;

/** A key of a version's own → the version and the path below its prefix. */
function splitVersionKey(key: string): { ref: VersionRef; path: string } | null {
  const [, assetId = '', version = '', path = ''] = VERSION_KEY.exec(key) ?? [];
  return isAssetId(assetId) && isVersionId(version) ? { ref: { assetId, version }, path } : null;
}

function parseUnversioned(key: string): ObjectKind {
  if (key === EDGE_KEYS_KEY || key === EDGE_REVOCATIONS_KEY) {
    return { kind: 'edge' };
  }
  const [root, first = '', second] = key.split('/', 3);
  if (root === 'sources' && isSourceKey(key)) {
    return { kind: 'source', owner: second === undefined ? '' : first };
  }
  return isAssetId(first) && key === currentKey(first) ? { kind: 'pointer', assetId: first } : UNKNOWN;
}

/** What an object of the bucket is, from its key alone. */
export function parseKey(key: string): ObjectKind {
  const parts = splitVersionKey(key);
  if (parts === null) {
    return parseUnversioned(key);
  }
  const file = parseVersionPath(parts.path);
  return file === null ? UNKNOWN : { ...parts.ref, ...file };
}

/** Segments, init segments, images and presentations: what never changes, so the only keys that a cache may be asked for. */
export function isMediaKey(key: string): boolean {
  const file = parseVersionPath(splitVersionKey(key)?.path ?? '');
  return file !== null && (file.kind !== 'image' || file.extension !== null);
}
