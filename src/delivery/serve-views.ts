/** `/v/{link}/views`: what the page around a player shows, for whoever could play. Starts no session. */
import { PRIVATE } from './cache-policy.ts';
import { decidePlayback, type PlaybackQuestion } from './decide-playback.ts';
import type { Isolate } from './isolate.ts';

/** Throws AppError with the code of whatever refuses the link, or `unavailable`. */
export async function serveViews(isolate: Isolate, question: Omit<PlaybackQuestion, 'atMs'>): Promise<Response> {
  const decision = await decidePlayback(isolate, question);
  if (decision.refusal !== null) {
    throw decision.refusal;
  }
  const { views, watching } = await isolate.liveViews.read(decision.allowed.assetId);
  return Response.json({ views, watching }, { headers: { 'cache-control': PRIVATE } });
}
