/** One batch to its counter, and what came back in time. Viewers are hashed here, after the answers that told of them. */
import { type StartTimer, TIMED_OUT, within } from '../delivery/tiers/timer.ts';
import type { CollectedBatch } from './collected-batch.ts';
import type { RecordAnswer } from './protocol.ts';
import { type Visitor, viewerKey } from './visitor.ts';

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
export async function sendBatch(options: CounterClientOptions, facts: CollectedBatch): Promise<RecordAnswer | null> {
  try {
    const sent = hashesOf(options, facts).then((hashes) => options.record(facts, facts.toJson(hashes)));
    const answer = await within(sent, SEND_MS, options.startTimer);
    return answer === TIMED_OUT ? null : answer;
  } catch (error) {
    console.warn(JSON.stringify({ event: 'views_unrecorded', reason: String(error) }));
    return null;
  }
}

async function hashesOf({ hashViewer }: CounterClientOptions, facts: CollectedBatch): Promise<Map<string, string>> {
  const wanted = new Map<string, Visitor>();
  for (const { visitor } of facts.entries()) {
    if (visitor.session.link?.viewer !== undefined) {
      wanted.set(viewerKey(visitor), visitor);
    }
  }
  const hashes = new Map<string, string>();
  const keys = [...wanted];
  for (let index = 0; index < keys.length; index += HASHES_AT_ONCE) {
    await Promise.all(
      keys.slice(index, index + HASHES_AT_ONCE).map(async ([key, { session, views }]) => {
        hashes.set(key, await hashViewer(session.link?.viewer ?? '', views.startedAtSeconds));
      }),
    );
  }
  return hashes;
}
