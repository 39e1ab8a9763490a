/** Facts of views that are given up: counted each, and told of once in a while, with what it was about. */

import { meter } from '../../metrics/meter.ts';
import { log } from '../../platform/log.ts';

/** A log that is flooded tells nothing. */
const LOG_EVERY_MS = 1_000;

let loggedAtMs = -Infinity;
let untold = 0;

export function noteDropped(count: number, reason: string, nowMs: number): void {
  meter.countViewFactsDropped(count);
  untold += count;
  // A clock that was set back must not silence it.
  if (Math.abs(nowMs - loggedAtMs) < LOG_EVERY_MS) {
    return;
  }
  log.error({ event: 'view_facts_dropped', reason, count: untold });
  loggedAtMs = nowMs;
  untold = 0;
}
