/**
 * What follows the session in a delivery URL, as a typed request: the keys of keys.ts, playlists, and segments behind
 * an attempt map. Pure and strict: every object has exactly one path per map, and no other path becomes an object key.
 */

import { attemptOf, parseAttemptMap } from './attempt-map.ts';
import { isTrackStep, parseTrackFile, parseVersionPath, segmentPath } from './keys.ts';
import type { ImageExtension } from './media-types.ts';

export type PlaylistTarget = { kind: 'media-playlist' | 'iframe-playlist'; track: string };

type DeliveryTarget =
  | PlaylistTarget
  /** `path` is the object's key below the version's prefix. */
  | { kind: 'init'; track: string; path: string }
  | { kind: 'segment'; track: string; number: number; path: string }
  | { kind: 'image'; extension: ImageExtension; path: string };

export const mediaPlaylistPath = (track: string): string => `${track}.m3u8`;
export const iframePlaylistPath = (track: string): string => `${track}/iframes.m3u8`;

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

/** `path` is raw, without a leading slash: percent escapes are not decoded, since no path of ours has any. */
export function parseDeliveryPath(path: string): DeliveryTarget | null {
  if (path.endsWith('.m4s')) {
    return parseSegment(path);
  }
  if (path.endsWith('.m3u8')) {
    return parsePlaylist(path);
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
