/** `/v/{link}/views`: what the page around a player shows, for whoever could play. Starts no session. */
import { decidePlayback, type PlaybackQuestion } from './decide-playback.ts';
import { RenderedText } from './http/rendered-text.ts';
import { serveText } from './http/serve-text.ts';
import type { Isolate } from './isolate.ts';
import { type DeliveryPolicy, PRIVATE } from './objects/cache-policy.ts';

const POLICY: DeliveryPolicy = { contentType: 'application/json', cacheControl: PRIVATE };

/** Throws AppError with the code of whatever refuses the link, or `unavailable`. */
export async function serveViews(
  isolate: Isolate,
  request: Request,
  question: Omit<PlaybackQuestion, 'atMs'>,
): Promise<Response> {
  const decision = await decidePlayback(isolate, question);
  if (decision.refusal !== null) {
    throw decision.refusal;
  }
  const { views, watching } = await isolate.liveViews.read(decision.allowed.assetId);
  const text = new RenderedText(JSON.stringify({ views, watching }));
  return serveText(request, { text, tier: null, policy: POLICY });
}
