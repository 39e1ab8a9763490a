/** What a made segment costs: reads of the bucket, bytes read, CPU; and what it costs once it is cached. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { holdBound } from '../bounds.ts';
import { runLoad } from '../load.ts';
import { numberOf } from '../numbers.ts';
import { treeCpuSeconds } from '../process-cpu.ts';
import { type Runtime, startRuntime } from '../runtime.ts';
import { putSyntheticAsset, startSession } from '../synthetic-asset.ts';
import { printTable } from '../table.ts';
import {
  fetchWhole,
  instance,
  makeAsset,
  originOf,
  putFilm,
  type SourceSession,
  startSourceSession,
  takeReads,
} from './film-in-system.ts';
import { makeFilm, USUAL } from './films.ts';
import { repeatedFilm } from './repeated-film.ts';

const READS_MAX = { picture: 2, both: 3 } as const;
/** Of a made segment beyond a stored one: what the local R2, caches and sockets take of both is not ours. */
const MAKING_CPU_MS_MAX = 8;
const OVER_READ_MAX = 1.1;
/** Of the CPU of a request: a stored segment beside a made one, both from memory. */
const HOT_RATIO_MIN = 0.9;
const CONNECTIONS = 8;
/** Requests of one kind before those of the other: a busy machine is as busy for both. */
const BLOCK = 5;
/** Before anything is measured, so that V8 has compiled what follows. */
const WARM_UP = 5;

type Cost = { segments: number; bytes: number; reads: number; sourceBytes: number; cpuMs: number };
const NOTHING: Cost = { segments: 0, bytes: 0, reads: 0, sourceBytes: 0, cpuMs: 0 };

/** Requests one after another, all of them cold. */
async function costOf(runtime: Runtime, urls: readonly string[]): Promise<Cost> {
  await takeReads(runtime);
  const before = treeCpuSeconds(runtime.pid);
  let bytes = 0;
  for (const url of urls) {
    bytes += (await fetchWhole(url)).bytes;
  }
  const cpuMs = (treeCpuSeconds(runtime.pid) - before) * 1000;
  const { source, index, other } = await takeReads(runtime);
  const reads = source.reads + index.reads + other.reads;
  return { segments: urls.length, bytes, reads, sourceBytes: source.bytes, cpuMs };
}

const added = (a: Cost, b: Cost): Cost => ({
  segments: a.segments + b.segments,
  bytes: a.bytes + b.bytes,
  reads: a.reads + b.reads,
  sourceBytes: a.sourceBytes + b.sourceBytes,
  cpuMs: a.cpuMs + b.cpuMs,
});

/** Of several lists of URLs, in blocks by turns. */
async function costsOf(runtime: Runtime, lists: readonly (readonly string[])[]): Promise<Cost[]> {
  await costOf(
    runtime,
    lists.flatMap((urls) => urls.slice(0, WARM_UP)),
  );
  const costs = lists.map(() => NOTHING);
  for (let from = WARM_UP; lists.some((urls) => from < urls.length); from += BLOCK) {
    for (const [index, urls] of lists.entries()) {
      costs[index] = added(costs[index] ?? NOTHING, await costOf(runtime, urls.slice(from, from + BLOCK)));
    }
  }
  return costs;
}

/** Picture, then sound of each number, as players ask for them. */
const inTurns = ({ video, audio }: SourceSession): string[] =>
  video.flatMap((url, index) => [url, ...audio.slice(index, index + 1)]);

const costRow = (name: string, { segments, bytes, reads, sourceBytes, cpuMs }: Cost): string[] => [
  name,
  String(segments),
  (bytes / segments / 1e6).toFixed(2),
  (reads / segments).toFixed(2),
  sourceBytes === 0 ? '' : (sourceBytes / bytes).toFixed(3),
  (cpuMs / segments).toFixed(1),
];

async function measureCold(runtime: Runtime, seconds: number): Promise<string[][]> {
  const begin = async (name: string): Promise<SourceSession> => {
    const { key, stored } = repeatedFilm(name, seconds);
    await runtime.putObject(key, stored);
    const session = await startSourceSession(runtime, await makeAsset(runtime, key, name));
    // A session's first request reads state that later ones know.
    await Promise.all(session.inits.map(fetchWhole));
    return session;
  };
  const { video } = await begin('picture');
  const [first = ''] = video;
  const { bytes } = await fetchWhole(first);
  const control = await storedUrls(runtime, { segments: video.length, segmentBytes: bytes });
  const [picture = NOTHING, stored = NOTHING] = await costsOf(runtime, [video.slice(1), control.slice(1)]);
  const session = await begin('both');
  const both = await costOf(runtime, inTurns(session));
  holdBound(picture.reads <= READS_MAX.picture * picture.segments, `picture: at most ${READS_MAX.picture} reads`);
  holdBound(
    both.reads <= READS_MAX.both * session.video.length,
    `both tracks: at most ${READS_MAX.both} reads of a number`,
  );
  holdBound(both.sourceBytes <= OVER_READ_MAX * both.bytes, `at most ${OVER_READ_MAX} × the bytes`);
  holdBound(
    picture.cpuMs / picture.segments - stored.cpuMs / stored.segments <= MAKING_CPU_MS_MAX,
    `picture: at most ${MAKING_CPU_MS_MAX} ms of CPU more than a stored one`,
  );
  return [
    costRow('made, picture', picture),
    costRow('control: stored, of the size of a picture', stored),
    costRow('made, picture and sound in turns', both),
  ];
}

async function storedUrls(runtime: Runtime, sizes: { segments: number; segmentBytes: number }): Promise<string[]> {
  const asset = await putSyntheticAsset(runtime.putObject, { assetId: 'stored', ...sizes });
  const session = await startSession(originOf(runtime), 'stored');
  await fetchWhole(new URL(asset.initPath, session).href);
  return Array.from({ length: sizes.segments }, (_, index) => new URL(asset.segmentPath(index + 1), session).href);
}

type Hot = { requests: number; seconds: number; cpuMs: number };

/** Adds a burst of requests to `hot`. */
async function addBurst(runtime: Runtime, url: string, hot: Hot): Promise<void> {
  const { pathname } = new URL(url);
  const load = { url: originOf(runtime), nextPath: () => pathname, connections: CONNECTIONS };
  const before = treeCpuSeconds(runtime.pid);
  const { requests, seconds } = await runLoad({ ...load, seconds: numberOf('LOAD_SECONDS', 2) });
  hot.cpuMs += (treeCpuSeconds(runtime.pid) - before) * 1000;
  hot.requests += requests;
  hot.seconds += seconds;
}

async function measureHot(runtime: Runtime, film: string): Promise<string[]> {
  const { video } = await startSourceSession(runtime, await putFilm(runtime, film, 'hot'));
  const [made = ''] = video;
  const { bytes: segmentBytes } = await fetchWhole(made);
  const asset = await putSyntheticAsset(runtime.putObject, { assetId: 'hot', segments: 1, segmentBytes });
  const stored = new URL(asset.segmentPath(1), await startSession(originOf(runtime), 'hot')).href;
  const kinds = [made, stored].map((url) => ({ url, hot: { requests: 0, seconds: 0, cpuMs: 0 } }));
  for (const { url } of kinds) {
    const { tier } = await fetchWhole(url).then(() => fetchWhole(url));
    if (tier !== 'memory') {
      throw new Error(`${url} comes from ${tier}, not from memory`);
    }
    await addBurst(runtime, url, { requests: 0, seconds: 0, cpuMs: 0 });
  }
  for (let round = 0; round < numberOf('ROUNDS', 5); round += 1) {
    for (const { url, hot } of round % 2 === 0 ? kinds : kinds.toReversed()) {
      await addBurst(runtime, url, hot);
    }
  }
  const [madeMs = 0, storedMs = 0] = kinds.map(({ hot: { cpuMs, requests } }) => cpuMs / requests);
  holdBound(storedMs / madeMs >= HOT_RATIO_MIN, `cached: a stored segment takes at least ${HOT_RATIO_MIN} of the CPU`);
  return [
    `${(segmentBytes / 1e6).toFixed(2)} MB`,
    ...kinds.map(({ hot: { requests, seconds } }) => (requests / seconds).toFixed(0)),
    ...[madeMs, storedMs].map((ms) => ms.toFixed(3)),
    (storedMs / madeMs).toFixed(2),
  ];
}

export async function measureSegments(folder: string): Promise<void> {
  const films = join(folder, 'segments');
  await mkdir(films);
  const seconds = Math.round(numberOf('SEGMENT_MINUTES', 5) * 60);
  const runtime = await startRuntime([instance(0)]);
  try {
    const usual = await makeFilm(films, { ...USUAL, seconds: 10, indexInFront: true });
    const cold = await measureCold(runtime, seconds);
    console.log(
      `cold segments of ${seconds} s at 8 Mb/s, one request after another; CPU of workerd, local R2 included\n`,
    );
    printTable(['', 'segments', 'MB each', 'reads each', 'read / sent', 'CPU ms each'], cold);
    console.log(`\nsegments in memory, ${CONNECTIONS} connections\n`);
    printTable(
      ['', 'made/s', 'stored/s', 'made, CPU ms', 'stored, CPU ms', 'stored / made'],
      [await measureHot(runtime, usual)],
    );
  } finally {
    await runtime.close();
    await rm(films, { recursive: true, force: true });
  }
}
