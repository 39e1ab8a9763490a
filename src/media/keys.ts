/**
 * The grammar of object keys (docs/architecture/storage.md): builds every key of the bucket and parses it. A key that
 * no function here builds is not parsed. Pure strings, no bucket.
 */
import { isAssetId, isAttempt, isTrackId, isVersionId } from './ids.ts';
import { IMAGE_TYPES, type ImageExtension } from './media-types.ts';

export const EDGE_KEYS_KEY = 'edge/keys.json';
export const EDGE_REVOCATIONS_KEY = 'edge/revocations.json';

export type VersionRef = { assetId: string; version: string };

/** The original file, as uploaded. */
export const sourceKey = (assetId: string, file: string): string => `sources/${assetId}/${file}`;

/** Where files are kept that tracks were added from. */
const trackFilePrefix = (assetId: string): string => `sources/${assetId}/tracks/`;

/** What a track was added or replaced from. `file`: a new name each time. */
export const trackFileKey = (assetId: string, file: string): string => trackFilePrefix(assetId) + file;

export const isTrackFile = (key: string, assetId: string): boolean => key.startsWith(trackFilePrefix(assetId));

/** The prefix of all objects of a version. It ends in a slash. */
export const versionPrefix = ({ assetId, version }: VersionRef): string => `assets/${assetId}/${version}/`;

/** Of a key below `assets/`. */
export const assetIdOf = (key: string): string => key.split('/', 2)[1] ?? '';

/** The version prefix of an object's key; the key itself where it has none. */
export const versionPrefixOf = (key: string): string => /^(?:[^/]*\/){3}/.exec(key)?.[0] ?? key;

export const currentKey = (assetId: string): string => `assets/${assetId}/current.json`;

/** Slots of the segments that are made from the source (src/media/made/source-index.ts). */
const SOURCE_INDEX_FILE = 'source.idx';
export const sourceIndexKey = (ref: VersionRef): string => versionPrefix(ref) + SOURCE_INDEX_FILE;

/** Sample tables of a track, for downloads. */
const SAMPLES_FILE = 'samples';
/** What an encode task has written at the start of each segment, for `samples`: styp and moof, one after another. */
const HEADERS_FILE = 'headers';
export const samplesKey = (ref: VersionRef, track: string): string => `${versionPrefix(ref)}${track}/${SAMPLES_FILE}`;
export const headersFile = (firstNumber: number): string => `${firstNumber}.${HEADERS_FILE}`;

export const presentationKey = (ref: VersionRef, revision: number): string =>
  `${versionPrefix(ref)}presentation-${revision}.json`;

/** The files of a track, as encoders name them. */
export const INIT_FILE = 'init.mp4';
export const segmentFile = (number: number | '$Number$'): string => `${number}.m4s`;
/** Of a text track: the whole as WebVTT, then its segments. */
const TEXT_FILE = 'text.vtt';
/** Of a text track of the source: its cues as they were extracted. Players do not get it. */
export const CUES_FILE = 'cues';

/** Paths below a version prefix. In a DASH template, `attempt` is an attempt map and `number` a placeholder. */
export const initPath = (track: string): string => `${track}/${INIT_FILE}`;
export const segmentPath = (track: string, attempt: string, number: number | '$Number$'): string =>
  `${track}/${attempt}/${segmentFile(number)}`;
export const textPath = (track: string, attempt: string): string => `${track}/${attempt}/${TEXT_FILE}`;

export const initKey = (ref: VersionRef, track: string): string => versionPrefix(ref) + initPath(track);
export const segmentKey = (ref: VersionRef, track: string, attempt: string, number: number): string =>
  versionPrefix(ref) + segmentPath(track, attempt, number);
export const headersKey = (ref: VersionRef, track: string, attempt: string, firstNumber: number): string =>
  `${versionPrefix(ref)}${track}/${attempt}/${headersFile(firstNumber)}`;
export const textKey = (ref: VersionRef, track: string, attempt: string): string =>
  versionPrefix(ref) + textPath(track, attempt);
export const cuesKey = (ref: VersionRef, track: string, attempt: string): string =>
  `${versionPrefix(ref)}${track}/${attempt}/${CUES_FILE}`;

/** R2 allows 1,024 bytes of UTF-8; a character has at most three per code unit. */
export const MAX_SOURCE_KEY_LENGTH = 512;
const MAX_SOURCE_KEY_BYTES = 1024;

/** Below `sources/`, also in folders: no empty, `.` or `..` step, no control character. OpenAPI documents it. */
export const SOURCE_KEY = /^sources(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]+)+$/u;

/** Whether a caller may name this source key: it has the form, and R2 can store it. */
export const isSourceKey = (key: string): boolean =>
  key.length <= MAX_SOURCE_KEY_LENGTH &&
  SOURCE_KEY.test(key) &&
  // Half a surrogate pair has no UTF-8, so R2 cannot be asked for it.
  key.isWellFormed() &&
  new TextEncoder().encode(key).byteLength <= MAX_SOURCE_KEY_BYTES;

/** A 12-hour asset has 21,600 segments; 999,999 leaves room for live and keeps every number a small integer. */
export const MAX_SEGMENT_NUMBER = 999_999;
const SEGMENT_NUMBER = /^[1-9][0-9]{0,5}$/;
const SEGMENT_FILE = /^([1-9][0-9]{0,5})\.m4s$/;
const HEADERS_NAME = /^([1-9][0-9]{0,5})\.headers$/;
const PRESENTATION_FILE = /^presentation-([1-9][0-9]{0,8})\.json$/;
const IMAGE_FILE = new RegExp(`^[a-z0-9][a-z0-9_-]{0,63}\\.(${Object.keys(IMAGE_TYPES).join('|')})$`);
/** Stands in the place of a track, but images of a version have no init segment and no attempts. */
const IMAGES = 'images';

/** A segment number in a URL: decimal, from 1, no leading zero. `null` for anything else. */
export const parseSegmentNumber = (text: string): number | null => (SEGMENT_NUMBER.test(text) ? Number(text) : null);

/** A track's file: `init`, or the number of its segment. */
export function parseTrackFile(name: string): 'init' | number | null {
  const number = SEGMENT_FILE.exec(name)?.[1];
  return number === undefined ? (name === INIT_FILE ? 'init' : null) : Number(number);
}

/** Whether a step of a path is the id of a track. */
export const isTrackStep = (text: string): boolean => isTrackId(text) && text !== IMAGES;

/** What a path below a version's prefix names. */
export type VersionFile =
  | { kind: 'presentation'; revision: number }
  | { kind: 'source-index' }
  | { kind: 'samples'; track: string }
  | { kind: 'headers'; track: string; attempt: string; number: number }
  | { kind: 'init'; track: string }
  | { kind: 'segment'; track: string; attempt: string; number: number }
  | { kind: 'text' | 'cues'; track: string; attempt: string }
  /** `extension` is null for files that delivery does not serve. */
  | { kind: 'image'; extension: ImageExtension | null };

/** `path` is raw: percent escapes are not decoded, since no path of ours has any. */
export function parseVersionPath(path: string): VersionFile | null {
  const [first = '', second, third, fourth] = path.split('/', 4);
  if (second === undefined) {
    if (first === SOURCE_INDEX_FILE) {
      return { kind: 'source-index' };
    }
    const revision = PRESENTATION_FILE.exec(first)?.[1];
    return revision === undefined ? null : { kind: 'presentation', revision: Number(revision) };
  }
  if (first === IMAGES) {
    const extension = third === undefined ? (IMAGE_FILE.exec(second)?.[1] as ImageExtension | undefined) : undefined;
    return second === '' ? null : { kind: 'image', extension: extension ?? null };
  }
  if (fourth !== undefined || !isTrackStep(first)) {
    return null;
  }
  if (third === undefined) {
    const kind = second === INIT_FILE ? 'init' : second === SAMPLES_FILE ? 'samples' : null;
    return kind === null ? null : { kind, track: first };
  }
  if (!isAttempt(second)) {
    return null;
  }
  if (third === TEXT_FILE || third === CUES_FILE) {
    return { kind: third === TEXT_FILE ? 'text' : 'cues', track: first, attempt: second };
  }
  const headers = HEADERS_NAME.exec(third)?.[1];
  if (headers !== undefined) {
    return { kind: 'headers', track: first, attempt: second, number: Number(headers) };
  }
  const number = parseTrackFile(third);
  return typeof number === 'number' ? { kind: 'segment', track: first, attempt: second, number } : null;
}

export type VersionObject = VersionRef & VersionFile;

export type ObjectKind =
  | { kind: 'edge' }
  /** `owner`: the folder below `sources/`, empty without one. It is the asset's id where Sluice wrote the source. */
  | { kind: 'source'; owner: string }
  | { kind: 'pointer'; assetId: string }
  | VersionObject
  | { kind: 'unknown' };

const VERSION_KEY = /^assets\/([^/]+)\/([^/]+)\/(.+)$/s;

/** The version of a key, and the path below its prefix. */
function splitVersionKey(key: string): { ref: VersionRef; path: string } | null {
  const [, assetId = '', version = '', path = ''] = VERSION_KEY.exec(key) ?? [];
  return isAssetId(assetId) && isVersionId(version) ? { ref: { assetId, version }, path } : null;
}

/** What an object of the bucket is, by its key alone. */
export function parseKey(key: string): ObjectKind {
  const parts = splitVersionKey(key);
  if (parts !== null) {
    const file = parseVersionPath(parts.path);
    return file === null ? { kind: 'unknown' } : { ...parts.ref, ...file };
  }
  if (key === EDGE_KEYS_KEY || key === EDGE_REVOCATIONS_KEY) {
    return { kind: 'edge' };
  }
  const [root, first = '', second] = key.split('/', 3);
  if (root === 'sources' && isSourceKey(key)) {
    return { kind: 'source', owner: second === undefined ? '' : first };
  }
  return isAssetId(first) && key === currentKey(first) ? { kind: 'pointer', assetId: first } : { kind: 'unknown' };
}

/** Not cached: no player asks for them. */
const UNCACHED = new Set<VersionFile['kind']>(['cues', 'source-index', 'headers']);

/** Segments, init segments, texts, images and presentations never change. Caches are asked for these keys only. */
export function isMediaKey(key: string): boolean {
  const file = parseVersionPath(splitVersionKey(key)?.path ?? '');
  return file !== null && !UNCACHED.has(file.kind) && (file.kind !== 'image' || file.extension !== null);
}
