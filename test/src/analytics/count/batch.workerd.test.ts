/** What is no batch is refused with a reason, however it is wrong, and nothing that is refused throws. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBatch } from '../../../../src/analytics/count/batch.ts';
import { type Batch, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, type SessionFacts } from '../../../../src/analytics/facts.ts';
import { batchOf, MEASURE } from './counter-fixture.ts';

const good = () => batchOf('asset', [{ id: 's1', runs: [[0, 1, 3]], viewer: '0123456789abcdef' }]);
const changed = (change: (batch: Batch) => unknown): string => {
  const batch = good();
  const other = change(batch);
  return JSON.stringify(other === undefined ? batch : other);
};
const version = (change: object) => changed((batch) => void Object.assign(batch.versions[0] ?? {}, change));
const measure = (change: object) => version({ measure: { ...MEASURE, ...change } });
const facts = (index: number, value: unknown) =>
  changed((batch) => {
    const session = batch.versions[0]?.sessions[0] as unknown as unknown[];
    session[index] = value;
  });

describe('a batch', () => {
  test('is what it was, with its events counted', () => {
    const batch = good();
    expect(parseBatch(JSON.stringify(batch))).toEqual({ batch, events: 3 });
    const silent = { ...batch, silent: [['s1', 15, 20]] };
    expect(parseBatch(JSON.stringify(silent))).toEqual({ batch: silent, events: 3 });
  });

  test.each([
    ['no text', 7],
    ['no JSON', '{"schema":1'],
    ['a list', '[]'],
    ['null', 'null'],
    ['too long', `${' '.repeat(MAX_BATCH_BYTES)}{}`],
    ['characters of several bytes', changed((batch) => ({ ...batch, note: 'ä' }))],
    ['another schema', changed((batch) => ({ ...batch, schema: 2 }))],
    ['an id with a path in it', changed((batch) => ({ ...batch, assetId: 'a/1' }))],
    ['a shard below all', changed((batch) => ({ ...batch, shard: -1 }))],
    ['a shard beyond all', changed((batch) => ({ ...batch, shard: 4096 }))],
    ['a shard in parts', changed((batch) => ({ ...batch, shard: 0.5 }))],
    ['silence that is no list', changed((batch) => ({ ...batch, silent: {} }))],
    ['silence of nobody', changed((batch) => ({ ...batch, silent: [[7, 7, 7]] }))],
    ['silence before the fetch', changed((batch) => ({ ...batch, silent: [['s1', -1, 0]] }))],
    ['silence for a year', changed((batch) => ({ ...batch, silent: [['s1', 15, 3e7]] }))],
    ['no versions', changed((batch) => ({ ...batch, versions: [] }))],
    ['many versions', changed((batch) => ({ ...batch, versions: Array(17).fill(batch.versions[0]) }))],
    ['a version of null', changed((batch) => ({ ...batch, versions: [null] }))],
    ['a version with a dot', version({ version: 'v.1' })],
    ['no measure', version({ measure: null })],
    ['segments without end', measure({ segments: 1e9 })],
    ['no segments', measure({ segments: 0 })],
    ['a duration in parts', measure({ segmentMs: 4000.5 })],
    ['a duration below zero', measure({ durationMs: -1 })],
    ['tracks that are no list', version({ tracks: 'v1080' })],
    ['the same track twice', version({ tracks: ['v1', 'v1'] })],
    ['a track of no name', version({ tracks: [7] })],
    ['sessions that are no list', version({ sessions: {} })],
    ['a session of null', version({ sessions: [null] })],
    ['a session of five', version({ sessions: [['s1', 1, '', 'DE', 0]] })],
    ['an id of no session', facts(0, 'S 1')],
    ['an end that is no number', facts(1, '1')],
    ['an end without end', facts(1, 1e300)],
    ['a viewer by name', facts(2, 'alice')],
    ['a country in small letters', facts(3, 'de')],
    ['a device that is none', facts(4, 6)],
    ['runs that are no list', facts(5, 'x')],
    ['a run of two', facts(5, [[0, 1]])],
    ['a track that is not named', facts(5, [[2, 1, 1]])],
    ['segment 0', facts(5, [[0, 0, 1]])],
    ['a segment after the last', facts(5, [[0, 1, 12]])],
    ['a run that goes back', facts(5, [[0, 3, 2]])],
    ['no runs', facts(5, [])],
    ['more runs than a player makes', facts(5, Array(513).fill([0, 1, 1]))],
  ])('with %s is refused', (_, text) => {
    expect(parseBatch(text)).toEqual({ reason: expect.any(String) });
  });

  test('holds so many events and no more, in one session or in many', () => {
    const long = { ...MEASURE, segments: 21_600 };
    const of = (events: number) =>
      JSON.stringify(batchOf('asset', [{ id: 's', runs: [[0, 1, events]] }], { measure: long }));
    expect(parseBatch(of(MAX_BATCH_EVENTS))).toMatchObject({ events: MAX_BATCH_EVENTS });
    expect(parseBatch(of(MAX_BATCH_EVENTS + 1))).toEqual({ reason: 'too many events' });
    const session = (good().versions[0]?.sessions[0] ?? []) as SessionFacts;
    const many = version({ sessions: Array(1_366).fill(session) });
    expect(parseBatch(many)).toEqual({ reason: 'too many events' });
  });

  test('of anything at all is refused without an exception', () => {
    fc.assert(fc.property(fc.oneof(fc.json(), fc.string(), fc.anything()), (value) => void parseBatch(value)));
  });
});
