/** Everything below a session: one token check, one key, one read. Only playlists look at the presentation. */
import { versionPrefix } from '../contract/keys.ts';
import { AppError } from '../errors.ts';
import { renderIFramePlaylist, renderMediaPlaylist } from '../manifest/hls/media-playlist.ts';
import { noteKind } from '../metrics/meter.ts';
import { restrictPresentation } from '../playback/allowed-tracks.ts';
import { refusal } from '../playback/refusal.ts';
import { sessionRevocation } from '../playback/revocations.ts';
import type { Session } from '../playback/sessions.ts';
import { imagePolicy, PLAYLIST_POLICIES, trackPolicy } from './cache-policy.ts';
import { requireEnabled } from './current-asset.ts';
import type { Isolate } from './isolate.ts';
import { type DeliveryTarget, parseDeliveryPath, splitSessionPath } from './path.ts';
import { serveObject } from './serve-object.ts';
import { serveText } from './serve-text.ts';

/** Throws AppError `session_track`. Images belong to no track. */
function requireTrack({ tracks }: Session, target: DeliveryTarget): void {
  if (target.kind !== 'image' && tracks !== undefined && !tracks.includes(target.track)) {
    throw refusal('session_track');
  }
}

/** What can end a session before its time. Both are remembered; read together where both are due. */
async function requireRunning(isolate: Isolate, session: Session, nowMs: number): Promise<void> {
  const [revocations] = await Promise.all([
    isolate.state.revocations(nowMs),
    requireEnabled(isolate, session.assetId, nowMs),
  ]);
  const kind = await sessionRevocation(revocations, session, nowMs / 1000);
  if (kind !== null) {
    throw refusal('session_revoked', { claim: kind });
  }
}

type Playlist = Extract<DeliveryTarget, { kind: 'media-playlist' | 'iframe-playlist' }>;

/** Of the version and revision that the session started with, whatever has been published since. */
async function renderPlaylist({ presentations }: Isolate, session: Session, target: Playlist): Promise<string> {
  const whole = await presentations.load(session, session.revision);
  const presentation = whole === null ? null : restrictPresentation(whole, session.tracks);
  const track = presentation?.tracks.find(({ id }) => id === target.track);
  if (presentation === null || track === undefined) {
    throw new AppError('not_found');
  }
  if (target.kind === 'media-playlist') {
    return renderMediaPlaylist(presentation, track);
  }
  const playlist = track.kind === 'video' ? renderIFramePlaylist(presentation, track) : null;
  if (playlist === null) {
    throw new AppError('not_found');
  }
  return playlist;
}

/** Throws AppError with the code of whatever refuses the request. */
export async function serveSession(isolate: Isolate, request: Request, nowMs: number): Promise<Response> {
  const parts = splitSessionPath(new URL(request.url).pathname);
  if (parts === null) {
    throw new AppError('not_found');
  }
  const session = await isolate.sessions.verify(parts.session, nowMs / 1000);
  const target = parseDeliveryPath(parts.path);
  if (target === null) {
    throw new AppError('not_found');
  }
  noteKind(request, target.kind);
  requireTrack(session, target);
  await requireRunning(isolate, session, nowMs);
  if (!('path' in target)) {
    return serveText(request, await renderPlaylist(isolate, session, target), PLAYLIST_POLICIES[target.kind]);
  }
  const policy = target.kind === 'image' ? imagePolicy(target.extension) : trackPolicy(target.kind, target.track);
  return serveObject({ objects: isolate.objects, key: versionPrefix(session) + target.path, request, policy });
}
