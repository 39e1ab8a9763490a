/** A playback link → the presentation it allows and a new session for it. */

import { fingerprintLink } from '../access/revocations.ts';
import { isCarried, newSessionId, type SessionViews, sessionExpiry } from '../access/sessions.ts';
import { countedBy } from '../media/measure.ts';
import { type Presentation, presentationDurationSeconds } from '../media/presentation.ts';
import { decidePlayback, type PlaybackQuestion } from './decide-playback.ts';
import type { Isolate } from './isolate.ts';
import type { TierName } from './objects/objects.ts';

export type StartedPlayback = {
  presentation: Presentation;
  /** Where this request had the presentation from. */
  tier: TierName;
  /** Ids of those that the link allows, where it limits them. */
  tracks: string[] | undefined;
  /** `/s/{session}/` */
  basePath: string;
};

/** Undefined where there is nothing to count a view by. */
function viewsOf({ windows }: Isolate, presentation: Presentation, nowSeconds: number): SessionViews | undefined {
  const counted = countedBy(presentation);
  if (counted === null || !isCarried(counted.measure)) {
    return undefined;
  }
  return { ...counted, shard: windows.shardOf(presentation.assetId), startedAtSeconds: Math.floor(nowSeconds) };
}

/**
 * Checks the link and its rules, then mints a session pinned to the current version and revision.
 * Throws AppError with the code of whatever refuses it.
 */
export async function startPlayback(
  isolate: Isolate,
  question: Omit<PlaybackQuestion, 'atMs'>,
): Promise<StartedPlayback> {
  const decision = await decidePlayback(isolate, question);
  if (decision.refusal !== null) {
    throw decision.refusal;
  }
  const { assetId, claims, current, presentation, tier, tracks } = decision.allowed;
  const duration = presentationDurationSeconds(presentation);
  const nowSeconds = question.nowMs / 1000;
  const token = await isolate.sessions.mint({
    sessionId: newSessionId(),
    assetId,
    version: current.version,
    revision: current.revision,
    tracks,
    expiresAtSeconds: sessionExpiry(nowSeconds, duration, isolate.config.SESSION_SECONDS),
    views: viewsOf(isolate, presentation, nowSeconds),
    link: claims === undefined ? undefined : await fingerprintLink(claims),
  });
  return { presentation, tier, tracks, basePath: `/s/${token}/` };
}
