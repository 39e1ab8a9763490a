/** Everything below a session: one token check, one key, one read. Only playlists look at the presentation. */

import { refusal } from '../access/refusal.ts';
import { sessionRevocation } from '../access/revocations.ts';
import type { Session } from '../access/sessions.ts';
import { AppError } from '../errors.ts';
import { parseDeliveryPath, splitSessionPath } from '../media/delivery-path.ts';
import { versionPrefix } from '../media/keys.ts';
import { noteKind } from '../metrics/meter.ts';
import { serveObject } from './http/serve-object.ts';
import { serveText } from './http/serve-text.ts';
import type { Isolate } from './isolate.ts';
import { imagePolicy, PLAYLIST_POLICIES, trackPolicy } from './objects/cache-policy.ts';

/** Throws AppError `session_track`. */
export function requireTrack({ tracks }: Session, track: string): void {
  if (tracks !== undefined && !tracks.includes(track)) {
    throw refusal('session_track');
  }
}

/** What can end a session before its time: both are remembered, and read together where both are due. */
export async function requireRunning(isolate: Isolate, session: Session, nowMs: number): Promise<void> {
  const [revocations] = await Promise.all([
    isolate.state.revocations(nowMs),
    isolate.state.requireEnabled(session.assetId, nowMs),
  ]);
  const kind = await sessionRevocation(revocations, session, nowMs / 1000);
  if (kind !== null) {
    throw refusal('session_revoked', { claim: kind });
  }
}

/** Throws AppError with the code of the check that refuses the request. */
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
  // Images belong to no track.
  if (target.kind !== 'image') {
    requireTrack(session, target.track);
  }
  await requireRunning(isolate, session, nowMs);
  // Segments alone: a player that has stopped may still refresh its playlists.
  if (target.kind === 'segment' && session.link?.limits !== undefined) {
    await isolate.streams.require(session, nowMs);
  }
  if (!('path' in target)) {
    // Of the version and revision that the session started with, whatever has been published since.
    const playlist = await isolate.manifests.playlist(session, target);
    if (playlist === null) {
      throw new AppError('not_found');
    }
    return serveText(request, { ...playlist, policy: PLAYLIST_POLICIES[target.kind] });
  }
  const policy = target.kind === 'image' ? imagePolicy(target.extension) : trackPolicy(target.kind, target.track);
  const response = await serveObject({ isolate, key: versionPrefix(session) + target.path, request, policy });
  if (target.kind === 'segment') {
    isolate.views?.note(session, target, request, response);
  }
  return response;
}
