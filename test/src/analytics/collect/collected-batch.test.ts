import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CollectedBatch, MAX_RUNS } from '../../../../src/analytics/collect/collected-batch.ts';
import { parseBatch } from '../../../../src/analytics/count/batch.ts';
import { FORGET_AFTER_MS, MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from '../../../../src/analytics/facts.ts';
import { EXPIRES_SECONDS, factsOf, MEASURE, visitorOf } from './visitors.ts';

const newBatch = () => new CollectedBatch('asset1', 0);

describe('a batch', () => {
  test('says what was given to whom, as the counter takes it', () => {
    const [batch, ann, bob] = [newBatch(), visitorOf('s1', { viewer: 'ann' }), visitorOf('s2')];
    for (const number of [1, 2, 3]) {
      batch.add(ann, 'v360', number);
    }
    batch.add(ann, 'v720', 4);
    batch.add(bob, 'v720', 9);
    expect(() => batch.toJson()).toThrow(TypeError);
    ann.viewerHash = '0123456789abcdef';
    const json = batch.toJson();
    expect(JSON.parse(json)).toEqual({
      schema: 1,
      assetId: 'asset1',
      shard: 0,
      versions: [
        {
          version: 'ver1',
          measure: MEASURE,
          tracks: ['v360', 'v720'],
          sessions: [
            [
              's1',
              EXPIRES_SECONDS,
              '0123456789abcdef',
              'DE',
              0,
              [
                [0, 1, 3],
                [1, 4, 4],
              ],
            ],
            ['s2', EXPIRES_SECONDS, '', 'DE', 0, [[1, 9, 9]]],
          ],
        },
      ],
    });
    expect(json).not.toContain('ann');
    expect(parseBatch(json)).toMatchObject({ events: 5 });
  });

  test('keeps versions and their measures apart', () => {
    const batch = newBatch();
    batch.add(visitorOf('s1'), 'v360', 1);
    batch.add(visitorOf('s2', { version: 'ver2' }), 'v360', 1);
    batch.add(visitorOf('s3', { segments: 50 }), 'v360', 1);
    const json = batch.toJson();
    expect(JSON.parse(json).versions).toHaveLength(3);
    expect(parseBatch(json)).toMatchObject({ events: 3 });
  });

  test('holds each fact once, in whatever order they come', () => {
    const fact = fc.tuple(
      fc.constantFrom('s1', 's2', 's3'),
      fc.constantFrom('v360', 'v720'),
      fc.integer({ min: 1, max: 12 }),
    );
    const visitors = new Map(['s1', 's2', 's3'].map((id) => [id, visitorOf(id)]));
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 100 }), fc.nat({ max: 100 }), (facts, split) => {
        const [batch, other] = [newBatch(), newBatch()];
        for (const [index, [id, track, number]] of facts.entries()) {
          (index < split ? batch : other).add(visitors.get(id) ?? visitorOf(id), track, number);
        }
        expect(batch.absorb(other)).toBe(true);
        const expected = [...new Set(facts.map((parts) => parts.join(' ')))].sort();
        expect(factsOf(batch.toJson())).toEqual(expected);
        expect(batch.events).toBe(expected.length);
      }),
    );
  });

  test('of the most facts, each in a session with the longest id, is full and fits', () => {
    const batch = newBatch();
    let sessions = 0;
    while (!batch.isFull) {
      batch.add(visitorOf(`s${sessions}`.padEnd(32, 'x'), { viewer: `v${sessions}` }), 'v2160-a-long-name', 100);
      sessions += 1;
    }
    expect(sessions).toBe(MAX_BATCH_EVENTS);
    for (const { visitor } of batch.entries()) {
      visitor.viewerHash = 'f'.repeat(16);
    }
    const json = batch.toJson();
    expect(json.length).toBeLessThan(MAX_BATCH_BYTES);
    expect(parseBatch(json)).toMatchObject({ events: MAX_BATCH_EVENTS });
  });

  test('is full of one session that jumps about, and two such are no one batch that counters refuse', () => {
    const jumpy = (from: number) => {
      const batch = newBatch();
      for (let number = from; !batch.isFull; number += 2) {
        batch.add(visitorOf('s1', { segments: 9999 }), 'v360', number);
      }
      return batch;
    };
    const [one, two, three] = [jumpy(1), jumpy(1001), jumpy(2001)];
    expect(one.events).toBe(MAX_RUNS);
    expect([one.absorb(two), one.absorb(three)]).toEqual([true, false]);
    expect(parseBatch(one.toJson())).toMatchObject({ events: 2 * MAX_RUNS });
  });

  test('takes over no more than it may hold', () => {
    const filled = (prefix: string) => {
      const batch = newBatch();
      for (let index = 0; index < MAX_BATCH_EVENTS / 2 + 1; index += 1) {
        batch.add(visitorOf(`${prefix}${index}`), 'v360', 1);
      }
      return batch;
    };
    const [batch, other] = [filled('a'), filled('b')];
    expect(batch.absorb(other)).toBe(false);
    expect(batch.events).toBe(MAX_BATCH_EVENTS / 2 + 1);
  });

  test('leaves out sessions that their counter may have forgotten', () => {
    const batch = newBatch();
    const over = visitorOf('s1', { expiresAtSeconds: 5000 });
    batch.add(over, 'v360', 1);
    batch.add(over, 'v360', 2);
    batch.add(visitorOf('s2'), 'v360', 1);
    expect(batch.dropForgotten(5_000_000 + FORGET_AFTER_MS - 1)).toBe(0);
    expect(batch.dropForgotten(5_000_000 + FORGET_AFTER_MS)).toBe(2);
    expect(batch.events).toBe(1);
    expect(factsOf(batch.toJson())).toEqual(['s2 v360 1']);
  });
});
