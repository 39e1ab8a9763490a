/** `/v/{link}/images/{file}`: an image of the asset's current version, for pages and apps that show it without playing. */

import { AppError } from '../errors.ts';
import { parseDeliveryPath } from '../media/delivery-path.ts';
import { versionPrefix } from '../media/keys.ts';
import { decideImages, type PlaybackQuestion } from './decide-playback.ts';
import { serveObject } from './http/serve-object.ts';
import type { Isolate } from './isolate.ts';
import { currentImagePolicy } from './objects/cache-policy.ts';

/** Raw, as below a session: what is escaped is not one of our names. */
const pathOf = (request: Request): string => /^\/v\/[^/]+\/(.+)$/.exec(new URL(request.url).pathname)?.[1] ?? '';

/** Starts no session. Throws AppError with the code of whatever refuses the link, or `not_found`. */
export async function serveImage(
  isolate: Isolate,
  request: Request,
  question: Omit<PlaybackQuestion, 'atMs'>,
): Promise<Response> {
  const decision = await decideImages(isolate, question);
  if (decision.refusal !== null) {
    throw decision.refusal;
  }
  const target = parseDeliveryPath(pathOf(request));
  if (target?.kind !== 'image') {
    throw new AppError('not_found');
  }
  const { assetId, current } = decision.allowed;
  const key = versionPrefix({ assetId, version: current.version }) + target.path;
  return serveObject({ isolate, key, request, policy: currentImagePolicy(target.extension) });
}
