/**
 * `npm run bench -- hitratio`: plays 10,000 signed sessions on 1,000 assets of Zipf popularity through the real Worker,
 * with memory and edge tiers only, and measures how much of the media does not come from R2. First with empty caches,
 * where every object must be read once, then with a data centre cache that WARM_REPLAYS earlier audiences of the same
 * size have filled. Films are short and segments small (SCALE). That changes the share of the memory tier, but not the
 * reads of R2, because the edge holds everything that memory holds. The local cache neither evicts nor expires. A model
 * gives the figures for real sizes and for caches that forget. SESSIONS, ASSETS, ZIPF and WARM_REPLAYS change the size.
 * Fails below 95 % with warm caches, or if counts disagree.
 */
import { MEMORY_BYTES_MAX } from '../src/delivery/tiers/limits.ts';
import { EDGE_SECONDS } from '../src/delivery/tiers/popularity.ts';
import { holdBound } from './bounds.ts';
import { distinct, FILM_SECONDS, FILM_SEGMENTS, putFilms, SCALE, smallTracks, TRACKS } from './hitratio/films.ts';
import { Players, TIERS } from './hitratio/players.ts';
import { PUTTER } from './many-objects.ts';
import { numberOf, sum } from './numbers.ts';
import { treeCpuSeconds } from './process-cpu.ts';
import { makeReplay, type ReplayOptions, type ReplayRequest } from './replay.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { printTable } from './table.ts';
import { type Counted, hitRatio, newCounted, ratioMax, TierModel } from './tier-model.ts';
import { TIERS_ENTRY, tierCountersOf } from './tiers/counters.ts';

const sessions = numberOf('SESSIONS', 10_000);
const assets = numberOf('ASSETS', 1000);
/** Views on YouTube and of films follow Zipf's law with exponents around 1 (Cha et al., I Tube, You Tube, IMC 2007). */
const exponent = numberOf('ZIPF', 1);
const warmReplays = numberOf('WARM_REPLAYS', 8);

const INSTANCE = 'sluice';
const RATIO_MIN = 0.95;
/** The model counts the same requests in order, but in the Worker concurrent requests may change places. */
const MODEL_ERROR_MAX = 0.01;

const OPTIONS: Omit<ReplayOptions, 'seed'> = {
  assets,
  sessions,
  exponent,
  segments: FILM_SEGMENTS,
  segmentSeconds: FILM_SECONDS / FILM_SEGMENTS,
  hours: 4,
  tracks: smallTracks,
};

const percent = (share: number): string => (share * 100).toFixed(1);

function rowOf(name: string, counted: Counted): string[] {
  const { requests, bytes, tierBytes, tierRequests } = counted;
  return [
    name,
    String(requests),
    ...TIERS.map((tier) => percent(tierBytes[tier] / bytes)),
    percent(hitRatio(counted)),
    percent(1 - tierRequests.r2 / requests),
    ((tierRequests.r2 * 1000) / requests).toFixed(0),
  ];
}

const HEAD = ['% of bytes', 'segments', ...TIERS, 'not from R2', '% of requests not from R2', 'R2 reads per 1,000'];

function fail(reason: string): void {
  console.log(reason);
  process.exitCode = 1;
}

const audiences = Array.from({ length: warmReplays + 1 }, (_, index) => makeReplay({ ...OPTIONS, seed: index + 1 }));
const first = audiences[0] ?? [];
const last = audiences[warmReplays] ?? [];

async function measure(
  name: string,
  { players, runtime }: { players: Players; runtime: Runtime },
  requests: readonly ReplayRequest[],
): Promise<Counted> {
  const [started, cpuBefore] = [performance.now(), treeCpuSeconds(runtime.pid)];
  const [initsBefore, othersBefore] = [players.initReads, players.others];
  const { r2MediaReads: readsBefore } = await tierCountersOf(runtime, INSTANCE);
  const counted = await players.replay(requests);
  const cpu = treeCpuSeconds(runtime.pid) - cpuBefore;
  const reads = (await tierCountersOf(runtime, INSTANCE)).r2MediaReads - readsBefore;
  const others = players.others - othersBefore;
  const answered = counted.tierRequests.r2 + players.initReads - initsBefore;
  console.log(
    `${name}: ${counted.requests} segments, ${others} playlists and init segments;`,
    `the Worker read R2 ${reads} times: ${answered} for segments and init segments,`,
    `${reads - answered} for presentations; ${((performance.now() - started) / 1000).toFixed(0)} s,`,
    `${((cpu * 1000) / (counted.requests + others)).toFixed(2)} ms of CPU per request, including the local R2 and cache`,
  );
  // Besides media, only the presentation of each asset is read, once. Any other read is an error.
  if (reads < answered || reads - answered > assets) {
    fail('FAILED: the answers from R2 and the reads of R2 do not match');
  }
  return counted;
}

async function replayForReal(): Promise<{ cold: Counted; warm: Counted }> {
  const instance = { name: INSTANCE, vars: { SHIELD: 'off' }, entry: TIERS_ENTRY };
  const runtime = await startRuntime([instance, PUTTER]);
  const players = new Players(runtime, runtime.urlOf(INSTANCE));
  try {
    await putFilms(runtime, distinct(audiences.flat()));
    const cold = await measure('empty caches', { players, runtime }, first);
    await players.fill(distinct(audiences.slice(1, -1).flat()));
    return { cold, warm: await measure('warm', { players, runtime }, last) };
  } finally {
    players.close();
    await runtime.close();
  }
}

function compare(name: string, real: Counted, model: Counted): void {
  holdBound(
    Math.abs(hitRatio(real) - hitRatio(model)) <= MODEL_ERROR_MAX,
    `the model differs from the measurement with ${name} caches`,
  );
}

const FOR_EVER = { memoryBytes: MEMORY_BYTES_MAX, edgeBytes: Number.POSITIVE_INFINITY, edgeSeconds: null };

/** The model's counts of the last audience, when an audience comes every `everyHours`. */
function modelled(options: ConstructorParameters<typeof TierModel>[0], everyHours = OPTIONS.hours): Counted {
  const model = new TierModel(options);
  const counted = audiences.map((requests, index) => model.replay(requests, index * everyHours * 3_600_000));
  return counted.at(-1) ?? newCounted();
}

console.log(
  `${sessions} sessions, ${assets} assets, Zipf ${exponent}; warm: after ${warmReplays} audiences of that size; segments of 2 MB are scaled to ${2000 / SCALE} KB`,
);
const { cold, warm } = await replayForReal();
const coldModel = new TierModel(FOR_EVER).replay(first);
const warmModel = modelled(FOR_EVER);
printTable(HEAD, [
  rowOf('measured, empty caches', cold),
  rowOf('measured, warm', warm),
  rowOf('model, empty caches', coldModel),
  rowOf('model, warm', warmModel),
]);
console.log(
  `A cache that starts empty cannot do better than ${percent(ratioMax(cold))} %, because each object is read once.`,
);

const { hot } = EDGE_SECONDS;
const catalogueBytes = assets * FILM_SEGMENTS * sum(smallTracks.map(({ segmentBytes }) => segmentBytes));
const wholeFilms = makeReplay({ ...OPTIONS, tracks: TRACKS, segments: 375, segmentSeconds: 4, seed: 1 });
console.log('\nThe model, with caches that forget:');
printTable(HEAD, [
  rowOf(
    `expiry of popularity.ts, an audience every ${OPTIONS.hours} h`,
    modelled({ ...FOR_EVER, edgeSeconds: EDGE_SECONDS }),
  ),
  rowOf('the same, one audience a day', modelled({ ...FOR_EVER, edgeSeconds: EDGE_SECONDS }, 24)),
  rowOf(
    'one a day, all objects kept as long as hot ones',
    modelled({ ...FOR_EVER, edgeSeconds: { hot, warm: hot, cold: hot } }, 24),
  ),
  rowOf('cache for half of the catalogue', modelled({ ...FOR_EVER, edgeBytes: catalogueBytes / 2 })),
  rowOf('cache for a tenth of it', modelled({ ...FOR_EVER, edgeBytes: catalogueBytes / 10 })),
  rowOf('25-minute films, 2-MB segments, empty caches', new TierModel(FOR_EVER).replay(wholeFilms)),
]);

compare('empty', cold, coldModel);
compare('warm', warm, warmModel);
holdBound(
  hitRatio(warm) >= RATIO_MIN,
  `${percent(hitRatio(warm))} % with warm caches; the bound is ${percent(RATIO_MIN)} %`,
);
