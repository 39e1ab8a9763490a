/** A text track whose cues a captioning service is to write. */

import { waitUntil } from 'cloudflare:workers';
import { insertOrder } from '../../catalog/caption-orders.ts';
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { newOrder } from '../captioning/order.ts';
import { trySendOrder } from '../captioning/send-order.ts';
import { refusedTarget } from '../notify/send.ts';
import { insertNew, requireFit, type Wanted } from './new-track.ts';
import type { CaptioningService } from './schemas.ts';
import { readTrackSet, requireRoom } from './track-set.ts';

/** The row waits for the service. Its order is sent when the call is answered, and by a sweep if that fails. */
export async function orderCaptions(
  env: Bindings,
  assetId: string,
  wanted: Wanted,
  { service, origin }: { service: CaptioningService; origin: string },
): Promise<string> {
  requireFit(wanted.kind, { role: wanted.role, default: wanted.default });
  const config = configOf(env);
  const refused = refusedTarget(service.url, config.SOURCE_LOOPBACK === 'on');
  if (refused !== null) {
    throw new AppError('source_refused', { detail: `The service may not be called: ${refused}` });
  }
  const set = await readTrackSet(env, assetId);
  requireRoom(set, wanted.kind);
  const { current_version: version, duration_seconds: durationSeconds } = set.asset;
  if (version === null || durationSeconds === null) {
    throw new AppError('track_refused', { detail: 'Its sound is not there yet: wait until the asset is ready' });
  }
  const now = new Date();
  const { kind, language } = wanted;
  let orderId = '';
  const track = await insertNew(env, set, wanted, { state: 'waiting' }, async (id) => {
    const order = await newOrder(config, origin, { assetId, track: id, kind, language, durationSeconds, service }, now);
    orderId = order.id;
    return [insertOrder(order, now.getTime())];
  });
  waitUntil(trySendOrder(env, orderId));
  return track;
}
