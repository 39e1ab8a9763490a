/** CPU time of a look inside workerd: reading an index, deciding, and writing the slots of its segments. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { holdBound } from '../bounds.ts';
import { median, numberOf } from '../numbers.ts';
import { treeCpuSeconds } from '../process-cpu.ts';
import { type Runtime, startRuntime } from '../runtime.ts';
import { printTable } from '../table.ts';
import { makeFilm, readMovie } from './films.ts';

const LOOK_MS_MAX = 60;
const LOOKER = 'looker';
/** The size of an index follows from the length of the film, not from the size of its pictures. */
const TINY = { kilobitsPerSecond: 150, gopSeconds: 4, width: 128, height: 72 } as const;
/** Enough for the clock of processes, which ticks every 10 ms. */
const CPU_SECONDS_MIN = 0.5;

const answerSchema = z.object({ moovBytes: z.number(), indexBytes: z.number() });
type Work = 'nothing' | 'read' | 'whole';
type Movie = Awaited<ReturnType<typeof readMovie>>;

async function run(runtime: Runtime, work: Work, times: number, { moov, sizeBytes }: Movie) {
  const before = treeCpuSeconds(runtime.pid);
  const url = `${runtime.urlOf(LOOKER)}/?work=${work}&times=${times}&size=${sizeBytes}`;
  const response = await fetch(url, { method: 'POST', body: moov });
  if (!response.ok) {
    throw new Error(`${work}: ${response.status} ${await response.text()}`);
  }
  const facts = answerSchema.parse(await response.json());
  return { cpuSeconds: treeCpuSeconds(runtime.pid) - before, ...facts };
}

/** Milliseconds of CPU for one look. What it takes to send the index to workerd is subtracted. */
async function cpuMs(runtime: Runtime, work: Work, movie: Movie): Promise<number> {
  let times = 1;
  while ((await run(runtime, work, times, movie)).cpuSeconds < CPU_SECONDS_MIN) {
    times *= 2;
  }
  const samples: number[] = [];
  for (let round = 0; round < numberOf('ROUNDS', 5); round += 1) {
    const { cpuSeconds: nothing } = await run(runtime, 'nothing', times, movie);
    samples.push((((await run(runtime, work, times, movie)).cpuSeconds - nothing) * 1000) / times);
  }
  return median(samples);
}

export async function measureParser(folder: string): Promise<void> {
  const films = join(folder, 'parser');
  await mkdir(films);
  const file = fileURLToPath(new URL('worker/look.ts', import.meta.url));
  const runtime = await startRuntime([{ name: LOOKER, file }]);
  try {
    const longest = numberOf('LONGEST_MINUTES', 180);
    const rows: string[][] = [];
    for (const minutes of new Set([Math.min(10, longest), longest])) {
      const path = await makeFilm(films, { ...TINY, seconds: Math.round(minutes * 60), indexInFront: false });
      const movie = await readMovie(path);
      await rm(path);
      const [read, whole] = [await cpuMs(runtime, 'read', movie), await cpuMs(runtime, 'whole', movie)];
      const { moovBytes, indexBytes } = await run(runtime, 'whole', 1, movie);
      holdBound(whole <= LOOK_MS_MAX, `${minutes} min: at most ${LOOK_MS_MAX} ms of CPU`);
      const sizes = [moovBytes, indexBytes].map((bytes) => (bytes / 1e6).toFixed(2));
      rows.push([`look at ${minutes} min`, read.toFixed(1), whole.toFixed(1), ...sizes]);
    }
    printTable(['CPU ms inside workerd', 'read and decide', 'with slots', 'MB of moov', 'MB of slots'], rows);
  } finally {
    await runtime.close();
    await rm(films, { recursive: true, force: true });
  }
}
