/**
 * What follows the session in a delivery URL → a typed request. Pure and strict: every object has exactly one path, and
 * a path that is not one of ours never becomes an object key.
 */

import { attemptOf, parseAttemptMap, parseSegmentNumber } from './attempt-map.ts';
import { trackIdSchema } from './ids.ts';
import { initPath, segmentPath } from './keys.ts';
import { IMAGE_TYPES, type ImageExtension } from './media-types.ts';

export type DeliveryTarget =
  | { kind: 'media-playlist' | 'iframe-playlist'; track: string }
  /** `path` is the object's key below the version's prefix. */
  | { kind: 'init'; track: string; path: string }
  | { kind: 'segment'; track: string; number: number; path: string }
  | { kind: 'image'; extension: ImageExtension; path: string };

const PLAYLIST = /^([^/.]+)\.m3u8$/;
const SEGMENT_FILE = /^([0-9]+)\.m4s$/;
const IMAGE_FILE = /^[a-z0-9][a-z0-9_-]{0,63}\.([a-z]{3,4})$/;
/** Not a track: images of a version have no init segment and no attempts. */
const IMAGES = 'images';

const isTrack = (text: string): boolean => text !== IMAGES && trackIdSchema.safeParse(text).success;

function parseImage(file: string): DeliveryTarget | null {
  const extension = IMAGE_FILE.exec(file)?.[1];
  const isKnown = (text: string | undefined): text is ImageExtension =>
    text !== undefined && Object.hasOwn(IMAGE_TYPES, text);
  return isKnown(extension) ? { kind: 'image', extension, path: `${IMAGES}/${file}` } : null;
}

function parseSegment(track: string, attempts: string, file: string): DeliveryTarget | null {
  const number = parseSegmentNumber(SEGMENT_FILE.exec(file)?.[1] ?? '');
  const map = parseAttemptMap(attempts);
  if (number === null || map === null) {
    return null;
  }
  return { kind: 'segment', track, number, path: segmentPath(track, attemptOf(map, number), number) };
}

/** `path` is raw, without a leading slash: percent escapes are not decoded, since no path of ours has any. */
export function parseDeliveryPath(path: string): DeliveryTarget | null {
  const [first = '', second, third, ...more] = path.split('/', 4);
  if (more.length > 0) {
    return null;
  }
  if (second === undefined) {
    const track = PLAYLIST.exec(first)?.[1] ?? '';
    return isTrack(track) ? { kind: 'media-playlist', track } : null;
  }
  if (first === IMAGES && third === undefined) {
    return parseImage(second);
  }
  if (!isTrack(first)) {
    return null;
  }
  if (third !== undefined) {
    return parseSegment(first, second, third);
  }
  if (second === 'iframes.m3u8') {
    return { kind: 'iframe-playlist', track: first };
  }
  return second === 'init.mp4' ? { kind: 'init', track: first, path: initPath(first) } : null;
}

/** `/s/{session}/{path}` → its two parts, both raw; `null` without a path. */
export function splitSessionPath(pathname: string): { session: string; path: string } | null {
  const match = /^\/s\/([^/]+)\/(.+)$/.exec(pathname);
  return match === null ? null : { session: match[1] ?? '', path: match[2] ?? '' };
}
