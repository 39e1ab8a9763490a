/** For benchmarks: the counters of the answering isolate with every answer. Off unless DEBUG_TIERS=on; holds no token. */

import type { MiddlewareHandler } from 'hono';
import { configOf } from '../../config.ts';
import { tierCounters } from '../../metrics/tier-counters.ts';

export const DEBUG_HEADER = 'sluice-debug-tiers';

export function tierDebugHeader(): MiddlewareHandler {
  return async function tierDebugHeader(c, next) {
    await next();
    if (configOf(c.env).DEBUG_TIERS === 'on') {
      c.res.headers.set(DEBUG_HEADER, JSON.stringify(tierCounters));
    }
  };
}
