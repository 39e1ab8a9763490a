/** What bounds memory, each against a model that is too simple to be wrong; and that waits add up to less than a load. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  FOLLOWER_WAIT_MS,
  READ_MS,
  SIBLINGS_BYTES_MAX,
  SLOTS_BYTES_MAX,
} from '../../../../src/delivery/made/limits.ts';
import { SentBuffers } from '../../../../src/delivery/objects/sent-buffers.ts';
import { ByteBudget } from '../../../../src/delivery/tiers/byte-budget.ts';
import {
  BYTES_IN_FLIGHT_MAX,
  EDGE_BODY_WAIT_MS,
  EDGE_MATCH_WAIT_MS,
  LOAD_MS,
  MEDIA_ORIGIN_BODY_WAIT_MS,
  MEDIA_ORIGIN_WAIT_MS,
  MEMORY_BYTES_MAX,
  SHIELD_WAIT_MS,
} from '../../../../src/delivery/tiers/limits.ts';
import { LruMap } from '../../../../src/platform/lru-map.ts';

const key = fc.integer({ min: 0, max: 7 });
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, weight: fc.integer({ min: 0, max: 60 }) }),
    fc.record({ kind: fc.constant('get' as const), key }),
    fc.record({ kind: fc.constant('delete' as const), key }),
  ),
  { maxLength: 200 },
);

test('an LRU by bytes keeps what a list of the latest uses keeps', () => {
  fc.assert(
    fc.property(steps, (operations) => {
      const lru = new LruMap<number, number>(100);
      /** Oldest first. */
      let model: { key: number; value: number; weight: number }[] = [];
      for (const [value, step] of operations.entries()) {
        const known = model.find((entry) => entry.key === step.key);
        const others = model.filter((entry) => entry.key !== step.key);
        if (step.kind === 'get') {
          expect(lru.get(step.key)).toBe(known?.value);
          model = known === undefined ? others : [...others, known];
        } else if (step.kind === 'delete') {
          lru.delete(step.key);
          model = others;
        } else {
          lru.set(step.key, value, step.weight);
          model = [...others, { key: step.key, value, weight: step.weight }];
          while (model.reduce((sum, entry) => sum + entry.weight, 0) > 100) {
            model.shift();
          }
        }
        expect(lru.size).toBe(model.length);
      }
      expect([0, 1, 2, 3, 4, 5, 6, 7].map((name) => lru.get(name))).toEqual(
        [0, 1, 2, 3, 4, 5, 6, 7].map((name) => model.find((entry) => entry.key === name)?.value),
      );
    }),
  );
});

describe('a budget of bytes', () => {
  test('never lends more than it has, and gets everything back', () => {
    const action = fc.record({ bytes: fc.integer({ min: 0, max: 80 }), release: fc.boolean(), passMs: fc.nat(30) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        const budget = new ByteBudget(100, 50);
        const leases: number[] = [];
        let nowMs = 0;
        for (const { bytes, release, passMs } of actions) {
          nowMs += passMs;
          const lease = budget.reserve(bytes, nowMs);
          if (lease !== null) {
            leases.push(lease);
          }
          if (release) {
            budget.release(leases.shift() ?? 0);
          }
          expect(budget.bytes).toBeLessThanOrEqual(100);
          expect(budget.bytes).toBeGreaterThanOrEqual(0);
        }
        for (const lease of leases) {
          budget.release(lease);
          budget.release(lease);
        }
        expect(budget.bytes).toBe(0);
      }),
    );
  });

  test('takes back what a killed request never returned', () => {
    const budget = new ByteBudget(100, 50);
    expect(budget.reserve(100, 0)).not.toBeNull();
    expect(budget.reserve(1, 49)).toBeNull();
    expect(budget.reserve(100, 50)).not.toBeNull();
  });
});

describe('buffers that answers are written from', () => {
  const buffer = (bytes: number) => new ArrayBuffer(bytes);

  test('count once each, while an answer holds on to them and the memory tier does not', () => {
    const sent = new SentBuffers(50);
    const [kept, forgotten] = [buffer(100), buffer(7)];
    sent.remember(kept);
    const leases = [sent.begin(kept, 0), sent.begin(forgotten, 0), sent.begin(forgotten, 0)];
    expect(sent.lingeringBytes(1)).toBe(7);
    sent.forget(kept);
    expect(sent.lingeringBytes(1)).toBe(107);
    sent.end(leases[1] ?? 0);
    sent.end(leases[1] ?? 0);
    expect(sent.lingeringBytes(1)).toBe(107);
    sent.end(leases[2] ?? 0);
    sent.end(leases[0] ?? 0);
    expect(sent.lingeringBytes(1)).toBe(0);
  });

  test('of a client that has gone without a word are forgotten, of a slow one not', () => {
    const sent = new SentBuffers(50);
    sent.begin(buffer(1), 0);
    const slow = sent.begin(buffer(10), 0);
    sent.renew(slow, 40);
    expect(sent.lingeringBytes(60)).toBe(10);
    expect(sent.lingeringBytes(90)).toBe(0);
    sent.renew(slow, 91);
    expect(sent.lingeringBytes(91)).toBe(0);
  });

  test('are taken from the budget', () => {
    const sent = new SentBuffers(50);
    const budget = new ByteBudget(100, 50, sent);
    const lease = sent.begin(buffer(60), 0);
    expect(budget.reserve(50, 0)).toBeNull();
    sent.end(lease);
    expect(budget.reserve(50, 0)).not.toBeNull();
  });
});

test('with every tier between hanging, at its answer or at its body, the bucket is asked while a load may last', () => {
  const perTier = [
    Math.max(EDGE_MATCH_WAIT_MS, EDGE_BODY_WAIT_MS),
    Math.max(MEDIA_ORIGIN_WAIT_MS, MEDIA_ORIGIN_BODY_WAIT_MS),
  ];
  const waitMs = perTier.reduce((sum, ms) => sum + ms, 0);
  expect(waitMs).toBeLessThanOrEqual(LOAD_MS - 3000);
  // A shield that hangs too takes more, but not all.
  expect(EDGE_MATCH_WAIT_MS + MEDIA_ORIGIN_WAIT_MS + SHIELD_WAIT_MS).toBeLessThanOrEqual(LOAD_MS - 1000);
});

test('what is made waits for others less than the media origin is waited for, and for the bucket less than a load', () => {
  expect(2 * FOLLOWER_WAIT_MS).toBeLessThanOrEqual(MEDIA_ORIGIN_WAIT_MS - 2000);
  expect(READ_MS).toBeLessThan(LOAD_MS);
});

test('what an isolate remembers, makes and reads at once leaves it the half of its memory', () => {
  const bytes = MEMORY_BYTES_MAX + BYTES_IN_FLIGHT_MAX + SIBLINGS_BYTES_MAX + SLOTS_BYTES_MAX;
  expect(bytes).toBeLessThanOrEqual(64 * 1024 * 1024);
});
