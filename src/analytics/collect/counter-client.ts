/** Sends one batch to its counter. Viewers are hashed here, after the answers that told of them. */
import { inGroups } from '../../platform/at-once.ts';
import { log } from '../../platform/log.ts';
import { type StartTimer, TIMED_OUT, within } from '../../platform/timer.ts';
import type { RecordAnswer } from '../facts.ts';
import type { CollectedBatch } from './collected-batch.ts';
import { identify, type Visitor } from './visitor.ts';

/** A counter that has not answered for so long has failed: it writes one row, which takes some 30 ms. */
export const SEND_MS = 5_000;
/** WebCrypto calls of one batch that run at once. */
const HASHES_AT_ONCE = 64;

export type CounterClientOptions = {
  record: (counter: { assetId: string; shard: number }, batchJson: string) => Promise<RecordAnswer>;
  hashViewer: (viewer: string, startedAtSeconds: number) => Promise<string>;
  startTimer: StartTimer;
};

/** `null`: no answer in time, or an error, which is logged. Never rejects. */
export async function sendBatch(
  { hashViewer, record, startTimer }: CounterClientOptions,
  batch: CollectedBatch,
  nowMs: number,
): Promise<RecordAnswer | null> {
  const hash = async (visitor: Visitor) => {
    const viewer = visitor.session.link?.viewer;
    identify(visitor, viewer === undefined ? '' : await hashViewer(viewer, visitor.views.startedAtSeconds));
  };
  try {
    const unknown = batch.newcomers.filter(({ json }) => json === null);
    const sent = inGroups(unknown, HASHES_AT_ONCE, hash).then(() => record(batch, batch.toJson(nowMs)));
    const answer = await within(sent, SEND_MS, startTimer);
    return answer === TIMED_OUT ? null : answer;
  } catch (error) {
    log.warn({ event: 'views_unrecorded', reason: String(error) });
    return null;
  }
}
