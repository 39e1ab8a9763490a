/** Keeps an encoder running: restarts it when it dies, with growing pauses if it dies soon after its start. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Before the first, second, … restart after an early death. After the last one it gives up. */
const PAUSES_MS: readonly number[] = [1_000, 2_000, 5_000, 15_000, 30_000];
/** An encoder that ran for longer did start well, so the count begins anew. */
const YOUNG_MS = 60_000;

export type KeepOptions = {
  start: () => { ended: Promise<string> };
  say: (line: string) => void;
  signal: AbortSignal;
  pausesMs?: readonly number[];
};

/** Resolves when the signal aborts, or when it gives up and has said so. */
export async function keepEncoder({ start, say, signal, pausesMs = PAUSES_MS }: KeepOptions): Promise<void> {
  let diedYoung = 0;
  while (!signal.aborted) {
    const startedAtMs = performance.now();
    await Promise.race([start().ended, once(signal, 'abort')]);
    if (signal.aborted) {
      return;
    }
    diedYoung = performance.now() - startedAtMs < YOUNG_MS ? diedYoung + 1 : 0;
    const pauseMs = pausesMs[Math.max(0, diedYoung - 1)];
    if (pauseMs === undefined) {
      say(
        `the encoder died ${diedYoung} times in a row and will not be restarted; the Worker continues without an encoder`,
      );
      return;
    }
    say(`the encoder died; restarting it in ${pauseMs / 1000} s`);
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}
