/** What a made segment costs: reads of the bucket, bytes read, CPU; and what it costs once it is cached. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { holdBound } from '../bounds.ts';
import { runLoad } from '../load.ts';
import { median, numberOf } from '../numbers.ts';
import { treeCpuSeconds } from '../process-cpu.ts';
import { type Runtime, startRuntime } from '../runtime.ts';
import { putSyntheticAsset, startSession } from '../synthetic-asset.ts';
import { printTable } from '../table.ts';
import {
  fetchWhole,
  instance,
  originOf,
  putFilm,
  type SourceSession,
  startSourceSession,
  takeReads,
} from './film-in-system.ts';
import { makeFilm, USUAL } from './films.ts';

const READS_MAX = { picture: 2, both: 3 } as const;
const CPU_MS_MAX = 8;
const OVER_READ_MAX = 1.1;
/** Of requests per second: a made segment beside a stored one, both from memory. */
const HOT_RATIO_MIN = 0.9;
const CONNECTIONS = 8;

/** Segments of 4 MB: 4 s at 8 Mb/s. */
const LARGE = { kilobitsPerSecond: 8000, gopSeconds: 4, width: 1280, height: 720 } as const;

type Cost = { segments: number; bytes: number; reads: number; sourceBytes: number; cpuMs: number };

/** Requests one after another, all of them cold. */
async function costOf(runtime: Runtime, urls: readonly string[]): Promise<Cost> {
  await takeReads(runtime);
  const before = treeCpuSeconds(runtime.pid);
  let bytes = 0;
  for (const url of urls) {
    bytes += (await fetchWhole(url)).bytes;
  }
  const cpuMs = ((treeCpuSeconds(runtime.pid) - before) * 1000) / urls.length;
  const { source, index, other } = await takeReads(runtime);
  const reads = source.reads + index.reads + other.reads;
  return { segments: urls.length, bytes, reads, sourceBytes: source.bytes, cpuMs };
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
  cpuMs.toFixed(1),
];

async function measureCold(runtime: Runtime, film: string): Promise<string[][]> {
  const begin = async (name: string): Promise<SourceSession> => {
    const session = await startSourceSession(runtime, await putFilm(runtime, film, name));
    // A session's first request reads state that later ones know.
    await Promise.all(session.inits.map(fetchWhole));
    return session;
  };
  const picture = await costOf(runtime, (await begin('picture')).video);
  const session = await begin('both');
  const both = await costOf(runtime, inTurns(session));
  const stored = await storedCost(runtime, picture);
  holdBound(picture.reads <= READS_MAX.picture * picture.segments, `picture: at most ${READS_MAX.picture} reads`);
  holdBound(
    both.reads <= READS_MAX.both * session.video.length,
    `both tracks: at most ${READS_MAX.both} reads of a number`,
  );
  holdBound(both.sourceBytes <= OVER_READ_MAX * both.bytes, `at most ${OVER_READ_MAX} × the bytes`);
  holdBound(picture.cpuMs <= CPU_MS_MAX, `picture: at most ${CPU_MS_MAX} ms of CPU`);
  return [
    costRow('made, picture', picture),
    costRow('made, picture and sound in turns', both),
    costRow('control: stored, of the size of a picture', stored),
  ];
}

async function storedCost(runtime: Runtime, { segments, bytes }: Cost): Promise<Cost> {
  const segmentBytes = Math.round(bytes / segments);
  const asset = await putSyntheticAsset(runtime.putObject, { assetId: 'stored', segments, segmentBytes });
  const session = await startSession(originOf(runtime), 'stored');
  await fetchWhole(new URL(asset.initPath, session).href);
  const paths = Array.from({ length: segments }, (_, index) => asset.segmentPath(index + 1));
  return costOf(
    runtime,
    paths.map((path) => new URL(path, session).href),
  );
}

async function requestsPerSecond(runtime: Runtime, url: string): Promise<number> {
  const { tier } = await fetchWhole(url).then(() => fetchWhole(url));
  if (tier !== 'memory') {
    throw new Error(`${url} comes from ${tier}, not from memory`);
  }
  const { pathname } = new URL(url);
  const load = { url: originOf(runtime), nextPath: () => pathname, connections: CONNECTIONS };
  const { requests, seconds } = await runLoad({ ...load, seconds: numberOf('LOAD_SECONDS', 2) });
  return requests / seconds;
}

async function measureHot(runtime: Runtime, film: string): Promise<string[]> {
  const { video } = await startSourceSession(runtime, await putFilm(runtime, film, 'hot'));
  const [made = ''] = video;
  const { bytes: segmentBytes } = await fetchWhole(made);
  const asset = await putSyntheticAsset(runtime.putObject, { assetId: 'hot', segments: 1, segmentBytes });
  const stored = new URL(asset.segmentPath(1), await startSession(originOf(runtime), 'hot')).href;
  const rates: Record<'made' | 'stored', number[]> = { made: [], stored: [] };
  for (let round = 0; round < numberOf('ROUNDS', 5); round += 1) {
    rates.made.push(await requestsPerSecond(runtime, made));
    rates.stored.push(await requestsPerSecond(runtime, stored));
  }
  const ratio = median(rates.made) / median(rates.stored);
  holdBound(ratio >= HOT_RATIO_MIN, `cached: at least ${HOT_RATIO_MIN} of the requests of a stored segment`);
  const cells = [median(rates.made), median(rates.stored)].map((rate) => rate.toFixed(0));
  return [`${(segmentBytes / 1e6).toFixed(2)} MB`, ...cells, ratio.toFixed(2)];
}

export async function measureSegments(folder: string): Promise<void> {
  const films = join(folder, 'segments');
  await mkdir(films);
  const seconds = Math.round(numberOf('SEGMENT_MINUTES', 5) * 60);
  const runtime = await startRuntime([instance(0)]);
  try {
    const large = await makeFilm(films, { ...LARGE, seconds, indexInFront: true });
    const usual = await makeFilm(films, { ...USUAL, seconds: 10, indexInFront: true });
    const cold = await measureCold(runtime, large);
    console.log(
      `cold segments of ${seconds} s at 8 Mb/s, one request after another; CPU of workerd, local R2 included\n`,
    );
    printTable(['', 'segments', 'MB each', 'reads each', 'read / sent', 'CPU ms each'], cold);
    console.log(`\nsegments in memory, ${CONNECTIONS} connections\n`);
    printTable(['', 'made/s', 'stored/s', 'ratio'], [await measureHot(runtime, usual)]);
  } finally {
    await runtime.close();
    await rm(films, { recursive: true, force: true });
  }
}
