/**
 * The real Worker with additions for benchmarks of the tiers: the isolate's counters at /bench/tiers, a slow or failing
 * bucket and, as a control, loads that are not coalesced.
 */
import type { Env } from '../../../src/env.ts';
import worker, { Shield as Shielding } from '../../../src/index.ts';
import { tierCounters } from '../../../src/metrics/tier-counters.ts';
import { SingleFlight } from '../../../src/platform/single-flight.ts';
import { changedOnce } from '../../per-env.ts';
import { slowBucket } from './slow-bucket.ts';

export * from '../../../src/index.ts';

/** BENCH_R2_DELAY_MS is a number. BENCH_FIRST_READ_FAILS and BENCH_LOADS_ALONE are on if they are set. */
type BenchVars = { BENCH_R2_DELAY_MS?: string; BENCH_FIRST_READ_FAILS?: string; BENCH_LOADS_ALONE?: string };

/** Every request loads for itself. */
async function loadAlone<T>(_key: string, load: () => Promise<T>): Promise<{ role: 'leader'; value: T; crowd: 0 }> {
  return { role: 'leader', value: await load(), crowd: 0 };
}

const disturbed = changedOnce<Pick<Env, 'MEDIA'> & BenchVars>((env) => {
  if (env.BENCH_LOADS_ALONE !== undefined) {
    SingleFlight.prototype.run = loadAlone;
  }
  const delayMs = Number(env.BENCH_R2_DELAY_MS ?? 0);
  const firstReadFails = env.BENCH_FIRST_READ_FAILS !== undefined;
  return delayMs > 0 || firstReadFails ? { MEDIA: slowBucket(env.MEDIA, { delayMs, firstReadFails }) } : {};
});

export class Shield extends Shielding {
  constructor(context: DurableObjectState, env: Env) {
    super(context, disturbed(env) as Env);
  }
}

export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname === '/bench/tiers') {
      return Response.json(tierCounters);
    }
    return await worker.fetch(request, disturbed(env) as Env, context);
  },
} satisfies ExportedHandler<Env>;
