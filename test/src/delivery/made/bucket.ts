/** The real bucket, with its reads counted, held up and broken as a test wants it; and made objects on it. */
import { env } from 'cloudflare:workers';
import { MadeObjects, type MadeOptions } from '../../../../src/delivery/made/made-objects.ts';
import type { SourceReport } from '../../../../src/delivery/made/report-once.ts';
import { R2Objects } from '../../../../src/delivery/objects/objects.ts';
import { ByteBudget } from '../../../../src/delivery/tiers/byte-budget.ts';
import { MAX_HELD_OBJECT_BYTES } from '../../../../src/delivery/tiers/limits.ts';
import { ManualClock } from '../tiers/fakes.ts';

type Read = { key: string; offset: number; length: number };

class WatchedBucket {
  readonly reads: Read[] = [];
  /** How many of the next reads fail. */
  failures = 0;
  /** Bodies of the source end after so many bytes. */
  bodyBytes = Number.POSITIVE_INFINITY;
  /** They hang there instead. */
  stalls = false;
  cancelled = 0;
  /** Reads of keys that it names wait for it. */
  gate: { of: string; opens: Promise<void> } = { of: 'none', opens: Promise.resolve() };

  readonly bucket = {
    get: (key: string, options: R2GetOptions & { range: { offset: number; length: number } }) =>
      this.#get(key, options),
    head: (key: string) => {
      this.reads.push({ key, offset: 0, length: 0 });
      return env.MEDIA.head(key);
    },
  } as unknown as R2Bucket;

  async #get(key: string, options: R2GetOptions & { range: { offset: number; length: number } }) {
    this.reads.push({ key, ...options.range });
    this.failures -= 1;
    const fails = this.failures >= 0;
    if (key.startsWith(this.gate.of)) {
      await this.gate.opens;
    }
    if (fails) {
      throw new Error('get: We encountered an internal error. Please try again. (10001)');
    }
    const object = await env.MEDIA.get(key, options);
    if (object === null || !('body' in object) || !key.startsWith('sources/')) {
      return object;
    }
    return { size: object.size, body: this.#watched(object.body.getReader()) };
  }

  #watched(reader: ReadableStreamDefaultReader<Uint8Array>): ReadableStream<Uint8Array> {
    let left = this.bodyBytes;
    const source: UnderlyingByteSource = {
      type: 'bytes',
      pull: async (controller) => {
        if (this.stalls && left === 0) {
          return new Promise(() => {});
        }
        const { value } = await reader.read();
        const bytes = value?.slice(0, left);
        left -= bytes?.byteLength ?? 0;
        if (bytes === undefined || bytes.byteLength === 0) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        controller.enqueue(bytes);
      },
      cancel: async () => {
        this.cancelled += 1;
        await reader.cancel();
      },
    };
    return new ReadableStream(source, { highWaterMark: 0 });
  }
}

/** Made objects on the bucket, and all that they were given. Time stands still unless the test lets it pass. */
export function newMade({
  budgetBytes = 100_000_000,
  ...changed
}: { budgetBytes?: number } & Partial<MadeOptions> = {}) {
  const watched = new WatchedBucket();
  const clock = new ManualClock();
  const budget = new ByteBudget(budgetBytes, 10_000);
  const kept: Promise<unknown>[] = [];
  const reports: SourceReport[] = [];
  let counted = 0;
  const made = new MadeObjects(new R2Objects(env.MEDIA), {
    bucket: watched.bucket,
    countRead: () => {
      counted += 1;
    },
    budget,
    heldBytesMax: MAX_HELD_OBJECT_BYTES,
    report: async (report) => void reports.push(report),
    waitUntil: (work) => kept.push(work),
    startTimer: clock.startTimer,
    now: clock.now,
    ...changed,
  });
  return { made, watched, clock, budget, kept, reports, counted: () => counted };
}
