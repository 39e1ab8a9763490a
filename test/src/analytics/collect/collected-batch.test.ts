import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SESSION_ID_LENGTH } from '../../../../src/access/sessions.ts';
import { CollectedBatch, MAX_RUNS } from '../../../../src/analytics/collect/collected-batch.ts';
import { identify } from '../../../../src/analytics/collect/visitor.ts';
import { parseBatch } from '../../../../src/analytics/count/batch.ts';
import { type Batch, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, SILENT_MS } from '../../../../src/analytics/facts.ts';
import { EXPIRES_SECONDS, factsOf, MEASURE, visitorOf } from './visitors.ts';

const newBatch = () => new CollectedBatch('asset1', 0, 0);

describe('a batch', () => {
  test('says what was given to whom, as the counter takes it', () => {
    const [batch, ann, bob] = [newBatch(), visitorOf('s1', { viewer: 'ann' }), visitorOf('s2')];
    for (const number of [1, 2, 3]) {
      batch.add(ann, 'v360', number);
    }
    batch.add(ann, 'v720', 4);
    batch.add(bob, 'v720', 9);
    expect(() => batch.toJson(0)).toThrow(TypeError);
    identify(ann, '0123456789abcdef');
    const json = batch.toJson(0);
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
    const json = batch.toJson(0);
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
      fc.property(fc.array(fact, { maxLength: 100 }), (facts) => {
        const batch = newBatch();
        for (const [id, track, number] of facts) {
          batch.add(visitors.get(id) ?? visitorOf(id), track, number);
        }
        const expected = [...new Set(facts.map((parts) => parts.join(' ')))].sort();
        expect(factsOf(batch.toJson(0))).toEqual(expected);
        expect(batch.events).toBe(expected.length);
      }),
    );
  });

  test.each([
    ['ids as Sluice makes them', SESSION_ID_LENGTH, MAX_BATCH_EVENTS],
    ['the longest ids that counters take', 32, 3_431],
  ])('of the most sessions, all silent, with %s, is full and fits', (_, length, sessions) => {
    const batch = newBatch();
    while (!batch.isFull) {
      const visitor = visitorOf(`s${batch.events}`.padEnd(length, 'x'), { viewer: 'ann', segments: 21_600 });
      batch.add(visitor, 'v2160-a-long-name', 21_600);
      identify(visitor, 'f'.repeat(16));
    }
    expect(batch.events).toBe(sessions);
    const json = batch.toJson(9_999_999_000);
    expect((JSON.parse(json) as Batch).silent).toHaveLength(sessions);
    expect(json.length).toBeLessThan(MAX_BATCH_BYTES);
    expect(parseBatch(json)).toMatchObject({ events: sessions });
  });

  test('is full of one session that jumps about', () => {
    const [batch, visitor] = [newBatch(), visitorOf('s1', { segments: 9999 })];
    for (let number = 1; !batch.isFull; number += 2) {
      batch.add(visitor, 'v360', number);
    }
    expect(batch.events).toBe(MAX_RUNS);
    expect(parseBatch(batch.toJson(0))).toMatchObject({ events: MAX_RUNS });
  });

  test('names the sessions that are silent when it is sent, with whole seconds', () => {
    const batch = newBatch();
    for (const [index, lastMs] of [20_000, 25_000, 25_001, 40_000].entries()) {
      const visitor = visitorOf(`s${index}`);
      batch.add(visitor, 'v360', 1);
      visitor.lastMs = lastMs;
    }
    const silentAt = (nowMs: number) =>
      (JSON.parse(batch.toJson(nowMs)) as Batch).silent?.map(([id, seconds]) => [id, seconds]);
    expect(silentAt(25_000 + SILENT_MS)).toEqual([
      ['s0', 20],
      ['s1', 15],
    ]);
    expect(silentAt(20_000 + SILENT_MS - 1)).toBeUndefined();
    expect(parseBatch(batch.toJson(100_000))).toMatchObject({ events: 4 });
    expect(silentAt(9_999_999_000)).toContainEqual(['s0', 3_600]);
  });

  test('repeats the last fact of a session that it says nothing of, and that alone', () => {
    const [earlier, batch, visitor] = [newBatch(), newBatch(), visitorOf('s1')];
    for (const number of [1, 2, 7, 8]) {
      earlier.add(visitor, 'v360', number);
    }
    expect([batch.repeat(visitor), batch.repeat(visitor)]).toEqual([true, false]);
    expect([batch.events, factsOf(batch.toJson(0))]).toEqual([1, ['s1 v360 8']]);
  });
});
