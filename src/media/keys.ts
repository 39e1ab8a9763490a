/** Builds every object key of the bucket (docs/architecture/storage.md). Pure strings, no bucket. */

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

/** Paths below a version prefix: what follows the session token in a delivery URL is exactly this. */
export const initPath = (track: string): string => `${track}/init.mp4`;
export const segmentPath = (track: string, attempt: string, number: number): string =>
  `${track}/${attempt}/${number}.m4s`;

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
