/**
 * What follows the session in a delivery URL, as a typed request: the keys of keys.ts, playlists, and segments behind
 * an attempt map. Pure and strict: every object has exactly one path per map, and no other path becomes an object key.
 */

import { attemptOf, parseAttemptMap } from './attempt-map.ts';
import { isAttempt } from './ids.ts';
import { isTrackStep, parseTrackFile, parseVersionPath, segmentPath, textPath } from './keys.ts';
import { isLanguage } from './language.ts';
import { MAX_TEXT_PACK_BYTES, MAX_TEXT_SLICE_BYTES } from './limits.ts';
import type { ImageExtension } from './media-types.ts';

export type PlaylistTarget = { kind: 'media-playlist' | 'iframe-playlist'; track: string };
/** `language` is undefined for the list that has the titles of all languages. */
export type ChaptersTarget = { kind: 'chapters'; language: string | undefined };
/** Bytes of a text track's pack. */
export type TextTarget = { kind: 'text'; track: string; path: string; offset: number; length: number };

type DeliveryTarget =
  | PlaylistTarget
  | ChaptersTarget
  | TextTarget
  /** `path` is the object's key below the version's prefix. */
  | { kind: 'init'; track: string; path: string }
  | { kind: 'segment'; track: string; number: number; path: string }
  | { kind: 'image'; extension: ImageExtension; path: string };

export const mediaPlaylistPath = (track: string): string => `${track}.m3u8`;
export const iframePlaylistPath = (track: string): string => `${track}/iframes.m3u8`;
export const textSlicePath = (track: string, attempt: string, offset: number, length: number): string =>
  `${track}/${attempt}/${offset}-${length}.vtt`;
export const CHAPTERS_PATH = 'chapters.json';

const PLAYLIST = /^([^/.]+)(\/iframes)?\.m3u8$/;

function parsePlaylist(path: string): PlaylistTarget | null {
  const [, track = '', iframes] = PLAYLIST.exec(path) ?? [];
  return isTrackStep(track) ? { kind: iframes === undefined ? 'media-playlist' : 'iframe-playlist', track } : null;
}

/** A single attempt, as HLS playlists name it, is a map too: the path is then the object's. */
function parseSegment(path: string): DeliveryTarget | null {
  const [track = '', attempts = '', file = '', ...more] = path.split('/', 4);
  const number = parseTrackFile(file);
  const map = parseAttemptMap(attempts);
  if (typeof number !== 'number' || map === null || more.length > 0 || !isTrackStep(track)) {
    return null;
  }
  return { kind: 'segment', track, number, path: segmentPath(track, attemptOf(map, number), number) };
}

/** Decimal, without leading zeros, of at most eight digits: a pack has less. */
const TEXT_SLICE = /^(0|[1-9][0-9]{0,7})-([1-9][0-9]{0,7})\.vtt$/;
const CHAPTERS = /^chapters\/([^/.]+)\.vtt$/;

function parseText(path: string): DeliveryTarget | null {
  const language = CHAPTERS.exec(path)?.[1];
  if (language !== undefined) {
    return isLanguage(language) ? { kind: 'chapters', language } : null;
  }
  const [track = '', attempt = '', file = '', ...more] = path.split('/', 4);
  const [, first, second] = TEXT_SLICE.exec(file) ?? [];
  const [offset, length] = [Number(first), Number(second)];
  // Also false for NaN, where the file has another name.
  const isWithin = length <= MAX_TEXT_SLICE_BYTES && offset + length <= MAX_TEXT_PACK_BYTES;
  return isWithin && more.length === 0 && isTrackStep(track) && isAttempt(attempt)
    ? { kind: 'text', track, path: textPath(track, attempt), offset, length }
    : null;
}

/** `path` is raw, without a leading slash: percent escapes are not decoded, since no path of ours has any. */
export function parseDeliveryPath(path: string): DeliveryTarget | null {
  if (path.endsWith('.m4s')) {
    return parseSegment(path);
  }
  if (path.endsWith('.m3u8')) {
    return parsePlaylist(path);
  }
  if (path.endsWith('.vtt')) {
    return parseText(path);
  }
  if (path === CHAPTERS_PATH) {
    return { kind: 'chapters', language: undefined };
  }
  const file = parseVersionPath(path);
  if (file?.kind === 'init') {
    return { ...file, path };
  }
  return file?.kind === 'image' && file.extension !== null ? { kind: 'image', extension: file.extension, path } : null;
}

/** `/s/{session}/{path}` as its two parts, both raw; `null` without a path. */
export function splitSessionPath(pathname: string): { session: string; path: string } | null {
  const [, session, path] = /^\/s\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
  return session === undefined || path === undefined ? null : { session, path };
}
