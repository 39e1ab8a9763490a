/** Memory of an isolate while players seek at random in a long film that plays from its source. */
import { holdBound } from '../bounds.ts';
import { type HeapUsage, inspect } from '../inspector.ts';
import { numberOf, seedOf } from '../numbers.ts';
import { Random } from '../random.ts';
import { type Runtime, startRuntime } from '../runtime.ts';
import { printTable } from '../table.ts';
import { fetchWhole, INSTANCE, instance, makeAsset, type SourceSession, startSourceSession } from './film-in-system.ts';
import { repeatedFilm } from './repeated-film.ts';

const BYTES_MAX = 100e6;
const PLAYERS = 50;
/** Segments that a player fetches after a seek, before the next. */
const SEGMENTS_PER_SEEK = 2;
const SAMPLE_MS = 250;
/** Samples with garbage, then as many after a collection, in turns: forced collections would change the first. */
const SAMPLES_IN_TURN = 8;

const KINDS = ['with garbage', 'after a collection'] as const;
type Kind = (typeof KINDS)[number];
type Peaks = Record<Kind, HeapUsage>;

const totalOf = ({ usedBytes, backingBytes }: HeapUsage): number => usedBytes + backingBytes;

async function sample(runtime: Runtime, peaks: Peaks, signal: AbortSignal): Promise<number> {
  const inspector = await inspect(new URL(runtime.inspectorUrl ?? ''), INSTANCE);
  let samples = 0;
  try {
    for (; !signal.aborted; samples += 1) {
      const kind: Kind = Math.floor(samples / SAMPLES_IN_TURN) % 2 === 0 ? 'with garbage' : 'after a collection';
      if (kind === 'after a collection') {
        await inspector.collectGarbage();
      }
      const usage = await inspector.heapUsage();
      peaks[kind] = totalOf(usage) > totalOf(peaks[kind]) ? usage : peaks[kind];
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    }
    return samples;
  } finally {
    inspector.close();
  }
}

/** Every third seek is left again before its first segment is there. */
async function play(
  { video, audio }: SourceSession,
  seeks: number,
  random: Random,
): Promise<{ bytes: number; waitsMs: number[] }> {
  let bytes = 0;
  const waitsMs: number[] = [];
  for (let seek = 0; seek < seeks; seek += 1) {
    const from = random.whole(0, Math.max(0, video.length - SEGMENTS_PER_SEEK));
    if (seek % 3 === 2) {
      await leave(video[from] ?? '');
      continue;
    }
    const startedMs = performance.now();
    for (let number = from; number < from + SEGMENTS_PER_SEEK; number += 1) {
      const urls = [...video.slice(number, number + 1), ...audio.slice(number, number + 1)];
      const answers = await Promise.all(urls.map(fetchWhole));
      bytes += answers.reduce((total, answer) => total + answer.bytes, 0);
      if (number === from) {
        waitsMs.push(performance.now() - startedMs);
      }
    }
  }
  return { bytes, waitsMs };
}

async function leave(url: string): Promise<void> {
  const reader = (await fetch(url)).body?.getReader();
  await reader?.read();
  await reader?.cancel();
}

const row = (name: string, usage: HeapUsage): string[] => [
  name,
  ...[usage.usedBytes, usage.backingBytes, totalOf(usage)].map((bytes) => (bytes / 1e6).toFixed(1)),
];

async function measure(runtime: Runtime, seed: number): Promise<void> {
  const { key, stored } = repeatedFilm('long', Math.round(numberOf('FILM_MINUTES', 180) * 60));
  await runtime.putObject(key, stored);
  const session = await startSourceSession(runtime, await makeAsset(runtime, key, 'long'));
  const nothing: HeapUsage = { usedBytes: 0, backingBytes: 0 };
  const peaks: Peaks = { 'with garbage': nothing, 'after a collection': nothing };
  const over = new AbortController();
  const sampling = sample(runtime, peaks, over.signal);
  const seeks = numberOf('SEEKS', 10);
  const playing = Promise.all(
    Array.from({ length: PLAYERS }, (_, player) => play(session, seeks, new Random(seed + player))),
  );
  const startedMs = performance.now();
  const played = await Promise.race([playing, sampling.then(() => playing)]);
  const seconds = (performance.now() - startedMs) / 1000;
  over.abort();
  const samples = await sampling;
  const bytes = played.reduce((total, one) => total + one.bytes, 0);
  console.log(
    `SEED=${seed}; ${PLAYERS} players, ${seeks} seeks each among ${session.video.length} segments, ${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(0)} s, ${samples} samples\n`,
  );
  printTable(
    ['peak MB of the isolate', 'heap', 'buffers', 'both'],
    KINDS.map((kind) => row(kind, peaks[kind])),
  );
  for (const kind of KINDS) {
    holdBound(totalOf(peaks[kind]) < BYTES_MAX, `${kind}: less than ${BYTES_MAX / 1e6} MB`);
  }
}

export async function measureMemory(): Promise<void> {
  const runtime = await startRuntime([instance(0)], { inspected: true });
  try {
    await measure(runtime, seedOf());
  } finally {
    await runtime.close();
  }
}
