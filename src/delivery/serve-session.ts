/** Everything below a session: one token check, one key, one read. Only playlists and chapters look at the presentation. */

import { mayFetch } from '../access/allowed-tracks.ts';
import { refusal } from '../access/refusal.ts';
import { sessionRevocation } from '../access/revocations.ts';
import type { Session } from '../access/sessions.ts';
import { AppError } from '../errors.ts';
import {
  type ChaptersTarget,
  type PlaylistTarget,
  parseDeliveryPath,
  splitSessionPath,
  type TextTarget,
} from '../media/delivery-path.ts';
import { versionPrefix } from '../media/keys.ts';
import { noteKind } from '../metrics/meter.ts';
import { serveObject } from './http/serve-object.ts';
import { serveText } from './http/serve-text.ts';
import type { Isolate } from './isolate.ts';
import type { RevisionRef } from './manifests/manifests.ts';
import {
  chaptersPolicy,
  type DeliveryPolicy,
  imagePolicy,
  PLAYLIST_POLICIES,
  TEXT_POLICY,
  trackPolicy,
} from './objects/cache-policy.ts';

/** Throws AppError `session_track`. */
export function requireTrack(session: Session, track: string): void {
  if (!mayFetch(session, track)) {
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
  // Images and chapters belong to no track.
  if ('track' in target) {
    requireTrack(session, target.track);
  }
  await requireRunning(isolate, session, nowMs);
  // Segments alone: a player that has stopped may still refresh its playlists.
  if (target.kind === 'segment' && session.link?.limits !== undefined) {
    await isolate.streams.require(session, nowMs);
  }
  if (!('path' in target) || target.kind === 'text') {
    return serveText(request, await textOf(isolate, session, target));
  }
  const policy = target.kind === 'image' ? imagePolicy(target.extension) : trackPolicy(target.kind, target.track);
  const response = await serveObject({ isolate, key: versionPrefix(session) + target.path, request, policy });
  if (target.kind === 'segment') {
    isolate.views?.note(session, target, request, response);
  }
  return response;
}

/** Of a session: of the version and revision that it started with, whatever has been published since. */
export async function textOf(
  isolate: Isolate,
  revision: RevisionRef,
  target: PlaylistTarget | ChaptersTarget | TextTarget,
) {
  const found =
    target.kind === 'text'
      ? await isolate.texts.read(versionPrefix(revision) + target.path, target)
      : await isolate.manifests.playlist(revision, target);
  if (found === null) {
    throw new AppError('not_found');
  }
  return { ...found, policy: textPolicy(target) };
}

function textPolicy(target: PlaylistTarget | ChaptersTarget | TextTarget): DeliveryPolicy {
  switch (target.kind) {
    case 'text':
      return TEXT_POLICY;
    case 'chapters':
      return chaptersPolicy(target.language);
    default:
      return PLAYLIST_POLICIES[target.kind];
  }
}
