/**
 * The collector against a model: random histories of a deployment, with runs begun, rehearsed, interrupted and gone
 * on with at any moment, and the world changing between any two of its calls. Real catalog, bucket and Durable Object.
 */
import { evictDurableObject } from 'cloudflare:test';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deletions, newCollector, quiet, type TestGarbageCollector } from './garbage-collector-fixture.ts';
import { type Asset, clearWorld, DAY_MS, HOUR_MS, listKeys, World } from './world.ts';

/** About 15 s; shrinking takes longer than it tells. */
const HISTORIES = 25;

/** Longer than any grace, any session and the memory of deleted assets. */
const LONG_MS = 40 * DAY_MS;

// Alarms set for a time far ahead do not fire by themselves.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3650 * DAY_MS });
  quiet();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

type Step = { what: (typeof STEPS)[number]; pick: number; detail: number };

const WORLD_STEPS = [
  'ingest',
  'encode',
  'encode',
  'encodeAll',
  'encodeAll',
  'encodeAnew',
  'loseAttempt',
  'writeLate',
  'publish',
  'publish',
  'publishBehind',
  'fail',
  'cancel',
  'encodeAgain',
  'encodeAgain',
  'goBack',
  'remove',
  'play',
  'play',
] as const;
const STEPS = [...WORLD_STEPS, 'pass', 'pass', 'pass', 'collect', 'collect', 'begin', 'advance', 'rehearse'] as const;

const stepOf = fc.record({ what: fc.constantFrom(...STEPS), pick: fc.nat(7), detail: fc.nat(99) });
const worldStepOf = fc.record({ what: fc.constantFrom(...WORLD_STEPS), pick: fc.nat(7), detail: fc.nat(99) });
/** What comes between two calls of a run: nothing, a failure, or a change of the world. */
const betweenOf = fc.oneof(
  { weight: 6, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constant('failure' as const) },
  { weight: 2, arbitrary: worldStepOf },
);

async function change(world: World, { what, pick, detail }: Step): Promise<void> {
  const asset: Asset | undefined = world.assets[pick % Math.max(1, world.assets.length)];
  if (what === 'ingest' || asset === undefined) {
    await world.ingest();
    return;
  }
  const run: Partial<Record<Step['what'], () => Promise<void>>> = {
    encode: () => world.encode(asset, detail, true),
    encodeAll: () => world.encodeAll(asset),
    encodeAnew: () => world.encodeAnew(asset, detail),
    loseAttempt: () => world.encode(asset, detail, false),
    writeLate: () => world.writeLate(asset, pick, detail),
    publish: () => world.publish(asset),
    publishBehind: () => world.publish(asset, { pointerStaysBehind: true }),
    fail: () => world.fail(asset, false),
    cancel: () => world.fail(asset, true),
    encodeAgain: () => world.encodeAgain(asset),
    goBack: () => world.goBack(asset, detail),
    remove: () => (detail < 40 ? world.remove(asset) : Promise.resolve()),
    play: () => world.play(asset, (detail / 100) * 7 * DAY_MS),
  };
  await run[what]?.();
}

async function expectNothingLost(world: World, after: string): Promise<void> {
  const keys = new Set(await listKeys());
  const lost = [...(await world.needed())].filter(([key]) => !keys.has(key));
  expect(lost, after).toEqual([]);
}

function pass(world: World, ms: number): void {
  world.nowMs += ms;
  vi.setSystemTime(world.nowMs);
}

/** A pointer that stayed behind is set right within minutes, before anything else reads the clock. */
async function healPointers(world: World): Promise<void> {
  for (const asset of world.assets.filter(({ deleted }) => !deleted)) {
    if (asset.versions.some(({ revisions }) => revisions.length > 0)) {
      await world.pointAt(asset);
    }
  }
}

/** A rehearsal deletes nothing, and says what the real one then does. */
async function rehearse(collector: TestGarbageCollector): Promise<void> {
  await collector.advance();
  const before = await listKeys();
  collector.state.deleted.length = 0;
  const rehearsal = await collector.collect({ dryRun: true });
  expect(await listKeys()).toEqual(before);
  const performance = await collector.collect();
  expect(deletions(performance)).toEqual(deletions(rehearsal));
  const gone = before.length - (await listKeys()).length;
  expect(gone).toBe(deletions(rehearsal).reduce((sum, { objects }) => sum + objects, 0));
  expect(collector.state.deleted).toHaveLength(gone);
  expect(rehearsal.report.listed).toBe(before.length);
}

test('nothing that is needed is ever deleted, a dry run tells the truth, and garbage goes in the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stepOf, { minLength: 15, maxLength: 60 }),
      fc.infiniteStream(betweenOf),
      async (steps, between) => {
        await clearWorld();
        const world = new World(Date.now());
        const collector = await newCollector(world);
        await world.addStranger('assets/whose-is-this/and-this/what.bin');
        await world.addStranger('sources/someones-own/film.mov');
        let busy = false;
        const interfering = async () => {
          const next = busy ? null : between.next().value;
          if (next === 'failure') {
            throw new Error('the storage is away');
          }
          if (next !== null) {
            busy = true;
            await change(world, next as Step);
            busy = false;
          }
        };
        for (const step of steps) {
          collector.state.hook = interfering;
          switch (step.what) {
            case 'pass':
              await healPointers(world);
              pass(world, step.detail < 50 ? HOUR_MS * (1 + step.detail) : DAY_MS * (step.detail - 49) * 0.3);
              break;
            case 'begin':
              await collector.stub.start({ dryRun: step.detail < 20, orphans: false });
              break;
            case 'advance':
              await collector.advance(1 + (step.detail % 3));
              if (step.detail % 4 === 0) {
                await evictDurableObject(collector.stub);
                await collector.arrange();
              }
              break;
            case 'collect':
              await collector.stub.start({ dryRun: false, orphans: false });
              await collector.advance();
              break;
            case 'rehearse':
              collector.state.hook = async () => {};
              await rehearse(collector);
              break;
            default:
              await change(world, step);
          }
          await expectNothingLost(world, JSON.stringify(step));
        }
        collector.state.hook = async () => {};
        await collector.advance();
        for (const asset of world.assets) {
          await world.fail(asset, false);
        }
        await healPointers(world);
        // Sealed and retired in the first, collected in the second, and what the second let go is gone in the third.
        for (let round = 1; round <= 3; round++) {
          pass(world, LONG_MS);
          await collector.collect();
          await expectNothingLost(world, `round ${round}`);
        }
        expect(await listKeys()).toEqual([...(await world.needed()).keys()].sort());
      },
    ),
    { numRuns: HISTORIES, endOnFailure: true },
  );
}, 240_000);
