/**
 * The Durable Object of one object key, or of both tracks of a segment that is made from its source: every data centre that
 * misses asks it, and it reads the bucket once for all of them. It keeps nothing on disk; its memory is that of its isolate,
 * shared with the shields of other keys there.
 */

import { DurableObject, waitUntil } from 'cloudflare:workers';
import { type MetricsEnv, reportIfDue } from '../../metrics/report-totals.ts';
import { tierCounters } from '../../metrics/tier-counters.ts';
import { startTimer } from '../../platform/timer.ts';
import type { ObjectSource } from '../objects/objects.ts';
import { ByteBudget } from './byte-budget.ts';
import { madeObjects } from './chain.ts';
import { discardBody } from './held-object.ts';
import { BYTES_IN_FLIGHT_MAX, LOAD_MS, SHIELD_MEMORY_BYTES_MAX } from './limits.ts';
import { MemoryTier } from './memory-tier.ts';
import type { ShieldAnswer, ShieldApi } from './shield-tier.ts';

export type ShieldEnv = { MEDIA: R2Bucket } & MetricsEnv;

let isolateMemory: ObjectSource | undefined;

/** One for all shields of this isolate: a memory for each of them would have no bound. */
function memoryOf(env: ShieldEnv): ObjectSource {
  if (isolateMemory !== undefined) {
    return isolateMemory;
  }
  const budget = new ByteBudget(BYTES_IN_FLIGHT_MAX, LOAD_MS);
  isolateMemory = new MemoryTier(madeObjects(env, budget), {
    bytesMax: SHIELD_MEMORY_BYTES_MAX,
    budget,
    // A copy: hits of this memory must not count as hits of the Worker's own.
    counters: { ...tierCounters },
    waitUntil,
    startTimer,
    now: Date.now,
  });
  return isolateMemory;
}

export class Shield extends DurableObject<ShieldEnv> implements ShieldApi {
  async read(key: string): Promise<ShieldAnswer> {
    try {
      const read = await memoryOf(this.env).get(key);
      if (read.kind !== 'found') {
        return { kind: 'missing' };
      }
      if (read.body instanceof Uint8Array) {
        return { kind: 'held', bytes: read.body, etag: read.etag };
      }
      await discardBody(read);
      return { kind: 'too-large' };
    } finally {
      // After the read, so that it is in the report: this isolate counts it, and may answer no other requests.
      reportIfDue(this.env);
    }
  }
}
