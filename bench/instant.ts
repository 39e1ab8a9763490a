/**
 * `npm run bench -- instant`: how soon an uploaded film plays from its source, and what that costs. `start`: from the last
 * byte of an upload to its playlist and to the first frame in Chromium, with R2 slowed, beside what services publish and
 * beside the encode. `parser`: CPU of the look. `segments`: reads, bytes and CPU of segments that are made. `memory`: an
 * isolate while players seek in 3 hours of 8 Mb/s. `downloads`: start and seeks of 3 hours as one file. With one of these
 * names, this alone. ROUNDS, LONGEST_MINUTES and R2_DELAY_MS; SEGMENT_MINUTES and LOAD_SECONDS; FILM_MINUTES, SEEKS and
 * SEED; DOWNLOAD_MINUTES. Fails if a bound is broken.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureDownloads } from './instant/downloads.ts';
import { measureMemory } from './instant/memory.ts';
import { measureParser } from './instant/parser.ts';
import { measureSegments } from './instant/segments.ts';
import { measureStart } from './instant/start.ts';

const PARTS = {
  start: measureStart,
  parser: measureParser,
  segments: measureSegments,
  memory: measureMemory,
  downloads: measureDownloads,
} as const;
const [asked] = process.argv.slice(2);
if (asked !== undefined && !(asked in PARTS)) {
  throw new Error(`there is no part ${asked}: ${Object.keys(PARTS).join(', ')}`);
}

const folder = await mkdtemp(join(tmpdir(), 'sluice-instant-'));
try {
  for (const [name, measure] of Object.entries(PARTS)) {
    if (asked === undefined || asked === name) {
      await measure(folder);
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
