import { expect, test } from 'vitest';
import { CpuPermits } from '../../../encoder/lease/cpu-permits.ts';

const never = new AbortController().signal;

/** Something that goes on until it is told to end. */
function work(permits: CpuPermits, signal = never) {
  let end = (): void => {};
  let hasBegun = false;
  const going = new Promise<void>((resolve) => {
    end = resolve;
  });
  const done = permits.use(signal, () => {
    hasBegun = true;
    return going;
  });
  done.catch(() => {});
  return { end: () => end(), hasBegun: () => hasBegun, done };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('so many at once, in the order of asking', async () => {
  const permits = new CpuPermits(() => 2);
  const [a, b, c, d] = [work(permits), work(permits), work(permits), work(permits)];
  await settle();
  expect([a, b, c, d].map((one) => one.hasBegun())).toEqual([true, true, false, false]);
  b.end();
  await b.done;
  await settle();
  expect([c, d].map((one) => one.hasBegun())).toEqual([true, false]);
});

test('who gives up does not keep a permit, nor his place', async () => {
  const permits = new CpuPermits(() => 1);
  const stop = new AbortController();
  const [a, b, c] = [work(permits), work(permits, stop.signal), work(permits)];
  stop.abort(new Error('enough'));
  await expect(b.done).rejects.toThrow('enough');
  expect(b.hasBegun()).toBe(false);
  a.end();
  await a.done;
  await settle();
  expect(c.hasBegun()).toBe(true);
  await expect(permits.use(AbortSignal.abort(new Error('before')), async () => 1)).rejects.toThrow('before');
});

test('a failure gives its permit back', async () => {
  const permits = new CpuPermits(() => 1);
  await expect(permits.use(never, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await permits.use(never, async () => 'next')).toBe('next');
});

test('a capacity that shrinks ends nobody; one of none is one', async () => {
  let capacity = 2;
  const permits = new CpuPermits(() => capacity);
  const [a, b] = [work(permits), work(permits)];
  capacity = 0;
  const c = work(permits);
  a.end();
  await a.done;
  await settle();
  expect(c.hasBegun()).toBe(false);
  b.end();
  await b.done;
  await settle();
  expect(c.hasBegun()).toBe(true);
});
