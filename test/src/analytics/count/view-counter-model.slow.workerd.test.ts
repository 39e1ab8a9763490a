/**
 * Whatever is sent, in whatever pieces and order, twice, late and over restarts: the counters say what a naive model says.
 * The model knows the facts alone: which session was given which segment.
 */

import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Run } from '../../../../src/analytics/facts.ts';
import { configOf } from '../../../../src/config.ts';
import {
  addAsset,
  type Counter,
  counterOf,
  type Facts,
  MEASURE,
  newAssetId,
  restart,
  TRACKS,
  textOf,
} from './counter-fixture.ts';

const SHARDS = 3;
const COUNTRIES = ['DE', 'FR', 'XX'];

type Given = { session: number; number: number; track: number };
type Step = { kind: 'send'; given: Given[]; times: number } | { kind: 'restart'; shard: number };

const given = fc.record({
  session: fc.nat({ max: 9 }),
  number: fc.integer({ min: 1, max: MEASURE.segments }),
  track: fc.nat({ max: TRACKS.length - 1 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      given: fc.array(given, { minLength: 1, maxLength: 25 }),
      times: fc.integer({ min: 1, max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), shard: fc.nat({ max: SHARDS - 1 }) }) },
);

const nameOf = (session: number): string => `s${session}`;
const shardOf = (session: number): number => session % SHARDS;
const lengthOf = (number: number): number =>
  number === MEASURE.segments ? MEASURE.durationMs - (MEASURE.segments - 1) * MEASURE.segmentMs : MEASURE.segmentMs;

function model(steps: Step[], viewMs: number) {
  const sessions = new Map<number, Set<number>>();
  for (const each of steps) {
    for (const { session, number } of each.kind === 'send' ? each.given : []) {
      sessions.set(session, (sessions.get(session) ?? new Set()).add(number));
    }
  }
  const sumOf = (numbers: Set<number>) => [...numbers].reduce((sum, number) => sum + lengthOf(number), 0);
  const all = [...sessions.values()];
  return {
    views: all.filter((numbers) => sumOf(numbers) >= Math.min(viewMs, MEASURE.durationMs / 2)).length,
    watchMs: all.reduce((sum, numbers) => sum + sumOf(numbers), 0),
    sessions: sessions.size,
    counts: Array.from(
      { length: MEASURE.segments },
      (_, index) => all.filter((numbers) => numbers.has(index + 1)).length,
    ),
  };
}

/** Of one session, in runs as a collector makes them: neighbours of one rendition together. */
function factsOf(session: number, all: Given[]): Facts {
  const runs: Run[] = [];
  for (const { number, track } of all.filter((each) => each.session === session)) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] === track && last[2] + 1 === number) {
      last[2] = number;
    } else {
      runs.push([track, number, number]);
    }
  }
  return { id: nameOf(session), runs, country: COUNTRIES[session % 3] ?? 'XX', device: session % 6 };
}

async function run(assetId: string, steps: Step[]): Promise<void> {
  const counters = Array.from({ length: SHARDS }, (_, shard) => counterOf(assetId, shard));
  for (const each of steps) {
    if (each.kind === 'restart') {
      await restart(counters[each.shard] as Counter);
      continue;
    }
    for (const [shard, counter] of counters.entries()) {
      const sessions = [...new Set(each.given.map(({ session }) => session))].filter((id) => shardOf(id) === shard);
      if (sessions.length > 0) {
        const text = textOf(
          assetId,
          sessions.map((id) => factsOf(id, each.given)),
          { shard },
        );
        const answers = await Promise.all(Array.from({ length: each.times }, () => counter.record(text)));
        expect(answers.map(({ outcome }) => outcome)).toEqual(answers.map(() => 'recorded'));
      }
    }
  }
}

test('views, watch time, retention and every split are those of the model', async () => {
  const viewMs = configOf(env).VIEW_SECONDS * 1000;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const assetId = newAssetId();
      await addAsset(assetId);
      await run(assetId, steps);
      // Late, in another order, all of it once more.
      await run(assetId, steps.filter(({ kind }) => kind === 'send').reverse());
      const root = counterOf(assetId);
      for (let shard = 1; shard < SHARDS; shard += 1) {
        // What its alarm does at the latest.
        const report = await counterOf(assetId, shard).pull();
        if (report !== null) {
          await root.report(report);
        }
      }
      await restart(root);
      const expected = model(steps, viewMs);
      const { views, watchMs } = await root.live();
      expect({ views, watchMs }).toEqual({ views: expected.views, watchMs: expected.watchMs });
      const curve = await root.retention(null);
      expect({ sessions: curve?.sessions ?? 0, counts: curve?.counts ?? expected.counts }).toEqual({
        sessions: expected.sessions,
        counts: expected.counts,
      });
      for (const by of ['country', 'device', 'rendition'] as const) {
        const points = await root.series({ fromMs: 0, toMs: 1e14, resolution: 'day', by });
        const cells = points.flatMap((point) => Object.values(point.by ?? {}));
        expect(cells.reduce((sum, cell) => sum + cell.watchMs, 0)).toBe(expected.watchMs);
        expect(cells.reduce((sum, cell) => sum + cell.views, 0)).toBe(by === 'rendition' ? 0 : expected.views);
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);
