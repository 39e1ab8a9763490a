/**
 * The Durable Object of one object key: whoever misses, anywhere, asks it, and it reads the bucket once for all of them.
 * It keeps nothing on disk; its memory is that of its isolate, shared with the shields of other keys there and bounded.
 */

import { DurableObject, waitUntil } from 'cloudflare:workers';
import { type MetricsEnv, reportIfDue } from '../../metrics/report-totals.ts';
import { tierCounters } from '../../metrics/tier-counters.ts';
import { startTimer } from '../../platform/timer.ts';
import type { ObjectSource } from '../objects/objects.ts';
import { ByteBudget } from './byte-budget.ts';
import { mediaBucket } from './chain.ts';
import { discardBody } from './held-object.ts';
import { BYTES_IN_FLIGHT_MAX, LOAD_MS, SHIELD_MEMORY_BYTES_MAX } from './limits.ts';
import { MemoryTier } from './memory-tier.ts';
import type { ShieldAnswer, ShieldApi } from './shield-protocol.ts';

export type ShieldEnv = { MEDIA: R2Bucket } & MetricsEnv;

let isolateMemory: ObjectSource | undefined;

/** One for all shields of this isolate: a memory for each of them would have no bound. */
function memoryOf(env: ShieldEnv): ObjectSource {
  isolateMemory ??= new MemoryTier(mediaBucket(env), {
    bytesMax: SHIELD_MEMORY_BYTES_MAX,
    budget: new ByteBudget(BYTES_IN_FLIGHT_MAX, LOAD_MS),
    // The Worker's own count of memory hits must not grow by what happens here.
    counters: { ...tierCounters },
    waitUntil,
    startTimer,
    now: Date.now,
  });
  return isolateMemory;
}

export class Shield extends DurableObject<ShieldEnv> implements ShieldApi {
  /** Throws AppError `unavailable`. */
  async read(key: string): Promise<ShieldAnswer> {
    try {
      return await this.#read(key);
    } finally {
      // Its reads are counted in this isolate, which may answer no other requests. Now, with the read that was just made.
      reportIfDue(this.env);
    }
  }

  async #read(key: string): Promise<ShieldAnswer> {
    const read = await memoryOf(this.env).get(key);
    if (read.kind !== 'found') {
      return { kind: 'missing' };
    }
    if (read.body instanceof Uint8Array) {
      return { kind: 'held', bytes: read.body, etag: read.etag };
    }
    await discardBody(read);
    return { kind: 'too-large' };
  }
}
