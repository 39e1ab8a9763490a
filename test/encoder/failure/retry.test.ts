import { describe, expect, test } from 'vitest';
import { DEFAULT_TRIES, FinalError, retry } from '../../../encoder/failure/retry.ts';
import { runTogether } from '../../../encoder/failure/together.ts';
import { until } from '../fake-server.ts';

const never = new AbortController().signal;

/** Fails as often as told, then returns how often it was called. */
function failing(times: number): () => Promise<number> {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= times) {
      throw new Error(`failure ${calls}`);
    }
    return calls;
  };
}

describe('retry', () => {
  test.each([0, 1, DEFAULT_TRIES - 1])('%i failures pass', async (failures) => {
    expect(await retry(failing(failures), { signal: never, firstPauseMs: 1 })).toBe(failures + 1);
  });

  test('the last failure is thrown when there were too many', async () => {
    const told = retry(failing(100), { signal: never, firstPauseMs: 1, tries: 3 });
    await expect(told).rejects.toThrow('failure 3');
  });

  test('a final failure is thrown at once, as its cause', async () => {
    let calls = 0;
    const told = retry(
      async () => {
        calls += 1;
        throw new FinalError('no use', { cause: new RangeError('the cause') });
      },
      { signal: never },
    );
    await expect(told).rejects.toBeInstanceOf(RangeError);
    expect(calls).toBe(1);
  });

  test('pauses double', async () => {
    const startedAt = performance.now();
    await retry(failing(3), { signal: never, firstPauseMs: 20 });
    // Each is 0.5 to 1.5 times its length: at least 10, 20 and 40 ms. Timers may be a millisecond early.
    expect(performance.now() - startedAt).toBeGreaterThan(65);
  });

  test('cancelling ends a pause with the reason', async () => {
    const stop = new AbortController();
    const told = retry(failing(1), { signal: stop.signal, firstPauseMs: 60_000 });
    stop.abort(new Error('stop now'));
    await expect(told).rejects.toThrow('stop now');
  });

  test('nothing is tried once cancelled', async () => {
    let calls = 0;
    const count = async (): Promise<void> => {
      calls += 1;
    };
    await expect(retry(count, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    expect(calls).toBe(0);
  });
});

describe('runTogether', () => {
  test('the first failure stops the others, and is what is thrown', async () => {
    let running = 0;
    const work = async (signal: AbortSignal): Promise<void> => {
      running += 1;
      const mine = running;
      if (mine === 2) {
        throw new Error('number 2');
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      running -= 1;
      throw new Error('stopped');
    };
    await expect(runTogether(3, never, work)).rejects.toThrow('number 2');
    // All but the one that failed have come to their end before the call returned.
    expect(running).toBe(1);
  });

  test('cancelling stops all', async () => {
    const stop = new AbortController();
    let waiting = 0;
    const work = (signal: AbortSignal): Promise<void> =>
      new Promise((_, reject) => {
        waiting += 1;
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    const told = runTogether(2, stop.signal, work);
    await until(() => waiting === 2);
    stop.abort(new Error('enough'));
    await expect(told).rejects.toThrow('enough');
  });
});
