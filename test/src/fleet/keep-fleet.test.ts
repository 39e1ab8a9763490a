import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { containerName, keepFleet, mayStop, wantedContainers } from '../../../src/fleet/keep-fleet.ts';

describe('wantedContainers', () => {
  test.each([
    [{ waiting: 0, leased: 0 }, 0],
    [{ waiting: 1, leased: 0 }, 1],
    [{ waiting: 2, leased: 0 }, 1],
    [{ waiting: 3, leased: 0 }, 2],
    // What is leased is being done: the waiting one needs somebody else.
    [{ waiting: 1, leased: 4 }, 3],
    // Nothing waits: nobody is started, however many are at work.
    [{ waiting: 0, leased: 100 }, 0],
    [{ waiting: 1000, leased: 0 }, 20],
  ])('%j is worth %i', (load, wanted) => {
    expect(wantedContainers(load, { max: 20, slots: 2 })).toBe(wanted);
  });

  test('never more than the limit or than tasks, never fewer for more work, and the same however often it is asked', () => {
    const load = fc.record({ waiting: fc.nat(5000), leased: fc.nat(5000) });
    const limits = fc.record({ max: fc.nat(200), slots: fc.integer({ min: 1, max: 64 }) });
    fc.assert(
      fc.property(load, limits, fc.nat(100), (open, fleet, more) => {
        const wanted = wantedContainers(open, fleet);
        expect(wanted).toBeLessThanOrEqual(Math.min(fleet.max, open.waiting + open.leased));
        expect(wantedContainers({ ...open, waiting: open.waiting + more }, fleet)).toBeGreaterThanOrEqual(wanted);
        // As tasks go from waiting to leased, nobody new is started: those who took them were wanted before.
        const taken = Math.min(more, open.waiting);
        expect(
          wantedContainers({ waiting: open.waiting - taken, leased: open.leased + taken }, fleet),
        ).toBeLessThanOrEqual(wanted);
      }),
    );
  });
});

describe('mayStop', () => {
  const known = [
    { encoder: { id: containerName(0) }, tasks: 1 },
    { encoder: { id: containerName(1) }, tasks: 0 },
  ];
  test.each([
    [containerName(0), false],
    [containerName(1), true],
    ['container-9', true],
  ])('%s: %s', (name, stops) => {
    expect(mayStop(name, known)).toBe(stops);
  });
});

describe('keepFleet', () => {
  const limits = { max: 3, slots: 2 };

  test('sees to the first so many of the fleet, by name', async () => {
    const ensureRunning = vi.fn(async () => {});
    const load = async () => ({ waiting: 3, leased: 1 });
    expect(await keepFleet({ load, ensureRunning }, limits)).toEqual({ waiting: 3, wanted: 2, failed: 0 });
    expect(ensureRunning.mock.calls).toEqual([['container-1'], ['container-2']]);
  });

  test('one that does not start, or does not answer, holds up nobody', async () => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    const ensureRunning = vi.fn((name: string) => {
      if (name === 'container-1') {
        return Promise.reject(new Error('no room'));
      }
      return name === 'container-2' ? new Promise<void>(() => {}) : Promise.resolve();
    });
    const load = async () => ({ waiting: 9, leased: 0 });
    expect(await keepFleet({ load, ensureRunning }, limits, 10)).toEqual({ waiting: 9, wanted: 3, failed: 2 });
    expect(errors).toHaveBeenCalledTimes(2);
  });

  test('a board that does not answer is an error, not an empty queue', async () => {
    const load = () => new Promise<never>(() => {});
    await expect(keepFleet({ load, ensureRunning: async () => {} }, limits, 10)).rejects.toThrow('no answer');
  });
});
