/**
 * How long an encoder that found no work is to stay away, by how many encoders there are: together they ask no more than
 * so many times a second, whatever their number. Pure.
 *
 * 360 idle encoders that ask once a second would be 360 requests a second, as many as one Durable Object takes. Here they
 * are 50 a second while there is work about, which is the first answer within 20 ms and all 360 encoders at work in 7 s;
 * and 20 a second where nothing has happened for a minute: $23 a month at $0.45 per million requests.
 * A request that waits (`waitSeconds`) costs less still: 360 ÷ 20 s = 18 a second, and all of them start at once. The
 * object is billed for its time in memory either way, once for all who wait ($4 a month).
 */

/** Idle requests per second that a board takes while jobs are about; the other 150 and more are for those that work. */
const BUSY_RATE = 50;
const QUIET_RATE = 20;
/** Nothing handed out or submitted for this long: a job between two of its steps is not quiet. */
const QUIET_AFTER_MS = 60_000;
/** Whoever scales encoders up waits for them; and an encoder that asks less often would count as gone. */
const MAX_PAUSE_SECONDS = 20;

export function idlePauseSeconds(encoders: number, sinceWorkMs: number): number {
  const rate = sinceWorkMs < QUIET_AFTER_MS ? BUSY_RATE : QUIET_RATE;
  return Math.min(MAX_PAUSE_SECONDS, Math.max(1, Math.ceil(encoders / rate)));
}
