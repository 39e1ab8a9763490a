/** What is learned of encoders from heartbeats and reports. Time is passed in. */
import { describe, expect, it } from 'vitest';
import { EncoderPaces } from '../../../../../src/control/encoding/board/encoder-paces.ts';

const SILENT_MS = 10_000;
const chunk = (id: string, weight = 100, encoder: string | null = null) => ({
  id,
  kind: 'chunk' as const,
  weight,
  encoder_id: encoder,
});

/** One lease from 0 on, with a heartbeat every five seconds. */
function beatEvery5s(paces: EncoderPaces, task: ReturnType<typeof chunk>, shares: readonly number[]): number {
  for (const [index, share] of shares.entries()) {
    paces.beat(task, share, (index + 1) * 5_000);
  }
  return shares.length * 5_000;
}

function working(encoder: string, shares: readonly number[], paces = new EncoderPaces(SILENT_MS)) {
  const task = chunk(`task-of-${encoder}`);
  paces.begin(task, encoder, 0);
  return { paces, task, now: beatEvery5s(paces, task, shares) };
}

describe('speed', () => {
  it('is unknown at first, and then what two heartbeats tell', () => {
    const { paces, task, now } = working('fast', [0.2]);
    expect(paces.beside('asker', now)).toBeNull();
    paces.beat(task, 0.4, 10_000);
    // 20 of 100 core-seconds in 5 s, 60 are left.
    expect(paces.beside('asker', 10_000)).toEqual({ speed: 4, others: [{ speed: 4, freeInSeconds: 15 }] });
  });

  it('does not count the start: the first heartbeats may tell of nothing', () => {
    const { paces, now } = working('fast', [0, 0.2, 0.4]);
    expect(paces.beside('asker', now)?.others).toEqual([{ speed: 4, freeInSeconds: 15 }]);
  });

  it('is of the attempt, not of the task: what an earlier attempt had done is done again', () => {
    const { paces, task } = working('fast', [0.4, 0.8]);
    paces.end(task.id);
    paces.begin(task, 'other', 20_000);
    paces.beat(task, 0.1, 25_000);
    paces.beat(task, 0.2, 30_000);
    expect(paces.beside('asker', 30_000)?.others).toEqual([{ speed: 2, freeInSeconds: 40 }]);
  });

  it('is kept from one task to the next, and not learned from one shorter than two heartbeats', () => {
    const { paces, task, now } = working('fast', [0.2, 0.4]);
    paces.end(task.id);
    paces.begin(chunk('short', 10), 'fast', now);
    paces.beat(chunk('short', 10), 1, now + 5_000);
    paces.end('short');
    paces.begin(chunk('next', 20), 'fast', now + 5_000);
    expect(paces.beside('asker', now + 5_000)).toEqual({ speed: 4, others: [{ speed: 4, freeInSeconds: 5 }] });
  });

  it('says nothing of an attempt that failed, and nothing of sound or of an inspection', () => {
    const paces = new EncoderPaces(SILENT_MS);
    paces.begin(chunk('failed'), 'fast', 0);
    paces.end('failed');
    for (const kind of ['audio', 'inspect'] as const) {
      const task = { ...chunk(kind), kind };
      paces.begin(task, 'fast', 0);
      paces.beat(task, 0.2, 5_000);
      paces.beat(task, 0.4, 10_000);
    }
    expect(paces.size).toBe(0);
    expect(paces.beside('fast', 10_000)).toBeNull();
  });

  it('follows an encoder that gets slower, by half within ten seconds', () => {
    const { paces, now } = working('fast', [0.2, 0.4, 0.45, 0.5]);
    expect(paces.beside('asker', now)?.speed).toBeCloseTo(2.5);
  });

  it('counts a time without progress, once there is some', () => {
    const { paces, now } = working('fast', [0.2, 0.4, 0.4, 0.5]);
    // 10 core-seconds in 10 s: half as much as before.
    expect(paces.beside('asker', now)?.speed).toBeCloseTo(2.5);
  });

  it('of one that is not known is the middle of those at work', () => {
    const paces = new EncoderPaces(SILENT_MS);
    for (const [encoder, step] of [
      ['a', 0.05],
      ['b', 0.1],
      ['c', 0.2],
    ] as const) {
      working(encoder, [step, 2 * step], paces);
    }
    const { speed, others } = paces.beside('new', 10_000) ?? {};
    expect(speed).toBe(2);
    expect(others?.map((slot) => slot.speed)).toEqual([1, 2, 4]);
    // Of its own where it has one; its own leases are not others'.
    expect(paces.beside('c', 10_000)).toMatchObject({ speed: 4, others: [{ speed: 1 }, { speed: 2 }] });
  });
});

describe('who is counted on', () => {
  it('is nobody who was not heard for two heartbeats', () => {
    const { paces, now } = working('fast', [0.2, 0.4]);
    expect(paces.beside('asker', now + SILENT_MS)?.others).toHaveLength(1);
    expect(paces.beside('asker', now + SILENT_MS + 1)).toBeNull();
  });

  it('is nobody whose task stands still, whatever it reports', () => {
    const { paces, now } = working('fast', [0.2, 0.4, 0.4, 0.4]);
    expect(paces.beside('asker', now)?.others).toHaveLength(1);
    const { paces: stuck, now: later } = working('fast', [0.2, 0.4, 0.4, 0.4, 0.4]);
    expect(stuck.beside('asker', later)).toBeNull();
  });

  it('is nobody of an earlier board until it is heard again', () => {
    const paces = new EncoderPaces(SILENT_MS);
    const task = chunk('task', 100, 'fast');
    working('other', [0.1, 0.2], paces);
    expect(paces.beside('asker', 10_000)?.others).toHaveLength(1);
    paces.beat(task, 0.5, 10_000);
    expect(paces.beside('asker', 10_000)?.others).toHaveLength(2);
  });
});

describe('places', () => {
  it('a task leased ahead begins when the one before it ends', () => {
    const { paces, now } = working('fast', [0.4, 0.8]);
    paces.begin(chunk('next', 40), 'fast', now);
    // 20 of 100 are left at 8 a second, then 40.
    expect(paces.beside('asker', now)?.others).toEqual([{ speed: 8, freeInSeconds: 2.5 + 5 }]);
  });

  it('a task at its end is none beside one at work; alone it is one that is free', () => {
    const { paces, task, now } = working('fast', [0.4, 0.8, 1]);
    expect(paces.beside('asker', now)?.others).toEqual([{ speed: 8, freeInSeconds: 0 }]);
    const next = chunk('next', 40);
    paces.begin(next, 'fast', 10_000);
    paces.beat(next, 0.5, now);
    expect(paces.beside('asker', now)?.others).toEqual([{ speed: 8, freeInSeconds: 2.5 }]);
    paces.end(task.id);
    expect(paces.beside('asker', now)?.others).toEqual([{ speed: 8, freeInSeconds: 2.5 }]);
  });

  it('two tasks at work are two', () => {
    const { paces, now } = working('fast', [0.4, 0.8]);
    const second = chunk('second');
    paces.begin(second, 'fast', 0);
    paces.beat(second, 0.2, now);
    expect(paces.beside('asker', now)?.others).toEqual([
      { speed: 8, freeInSeconds: expect.closeTo(2.5) },
      { speed: 8, freeInSeconds: 10 },
    ]);
  });
});
