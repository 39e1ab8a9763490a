/** From the last byte of an upload to the playlist and to the first frame, for films of different length. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { holdBound } from '../bounds.ts';
import { median, numberOf } from '../numbers.ts';
import { type Runtime, startRuntime } from '../runtime.ts';
import { printTable } from '../table.ts';
import { measureEncode } from './encode-control.ts';
import { instance, removeObjects, untilPlayable } from './film-in-system.ts';
import { makeFilm, USUAL } from './films.ts';
import { type FirstFrames, openFirstFrames } from './first-frames.ts';
import { p95 } from './percentile.ts';
import { uploadFilm } from './tus-file.ts';

const MANIFEST_MS_MAX = { short: 600, long: 1000 } as const;
const FIRST_FRAME_MS_MAX = 1500;
const SHORT_SECONDS = 600;

/** `publishedSeconds`: the median that a service publishes for standard inputs of this length. */
const LENGTHS = [
  { name: '10 s', seconds: 10, publishedSeconds: 1.8 },
  { name: '1 min', seconds: 60, publishedSeconds: 1.8 },
  { name: '10 min', seconds: 600, publishedSeconds: 5.5 },
  { name: '60 min', seconds: 3600, publishedSeconds: 27 },
  { name: '180 min', seconds: 10_800, publishedSeconds: 50 },
] as const;

/** Milliseconds of one upload, from its last byte; `playlist` and `firstFrame` also from the answer to that byte. */
type Round = {
  answered: number;
  playlist: number;
  playlistAfterAnswer: number;
  firstFrame: number;
  firstFrameAfterAnswer: number;
};

async function measureOnce(runtime: Runtime, frames: FirstFrames, path: string): Promise<Round> {
  const { assetId, sentMs, acknowledgedMs } = await uploadFilm(runtime, path);
  const { url, playlist } = await untilPlayable(runtime, assetId);
  const playableMs = performance.now();
  await frames.playHls(url);
  const shownMs = performance.now();
  if (!playlist.includes('/sv0.m3u8')) {
    throw new Error(`the film does not play from its source:\n${playlist}`);
  }
  // The disk holds one film at a time.
  await removeObjects(runtime, 'sources/');
  await removeObjects(runtime, `assets/${assetId}/`);
  return {
    answered: acknowledgedMs - sentMs,
    playlist: playableMs - sentMs,
    playlistAfterAnswer: playableMs - acknowledgedMs,
    firstFrame: shownMs - sentMs,
    firstFrameAfterAnswer: shownMs - acknowledgedMs,
  };
}

const COLUMNS = ['answered', 'playlist', 'firstFrame', 'playlistAfterAnswer', 'firstFrameAfterAnswer'] as const;

const both = (values: readonly number[]): string => `${median(values).toFixed(0)} / ${p95(values).toFixed(0)}`;

function row(name: string, publishedSeconds: number, rounds: readonly Round[]): string[] {
  return [
    name,
    ...COLUMNS.map((what) => both(rounds.map((round) => round[what]))),
    `${publishedSeconds * 1000}`,
    `${((publishedSeconds * 1000) / median(rounds.map(({ firstFrame }) => firstFrame))).toFixed(1)} ×`,
  ];
}

/** From the last byte that was acknowledged: when the bytes of a request are all there is the network's matter. */
function holdBounds(name: string, seconds: number, rounds: readonly Round[]): void {
  const playlistMs = seconds <= SHORT_SECONDS ? MANIFEST_MS_MAX.short : MANIFEST_MS_MAX.long;
  holdBound(
    p95(rounds.map(({ playlistAfterAnswer }) => playlistAfterAnswer)) <= playlistMs,
    `${name}: playlist within ${playlistMs} ms (p95)`,
  );
  holdBound(
    p95(rounds.map(({ firstFrameAfterAnswer }) => firstFrameAfterAnswer)) <= FIRST_FRAME_MS_MAX,
    `${name}: first frame within ${FIRST_FRAME_MS_MAX} ms (p95)`,
  );
}

async function measureLengths(runtime: Runtime, frames: FirstFrames, folder: string): Promise<string[][]> {
  const rounds = numberOf('ROUNDS', 5);
  const longestSeconds = numberOf('LONGEST_MINUTES', 180) * 60;
  const rows: string[][] = [];
  for (const { name, seconds, publishedSeconds } of LENGTHS.filter((length) => length.seconds <= longestSeconds)) {
    for (const indexInFront of [true, false]) {
      const path = await makeFilm(folder, { ...USUAL, seconds, indexInFront });
      const measured: Round[] = [];
      for (let round = 0; round < rounds; round += 1) {
        measured.push(await measureOnce(runtime, frames, path));
      }
      await rm(path);
      const title = `${name}, index ${indexInFront ? 'in front' : 'at the end'}`;
      holdBounds(title, seconds, measured);
      rows.push(row(title, publishedSeconds, measured));
      console.error(rows.at(-1)?.join('  '));
    }
  }
  return rows;
}

export async function measureStart(folder: string): Promise<void> {
  const delayMs = numberOf('R2_DELAY_MS', 80);
  const films = join(folder, 'start');
  await mkdir(films);
  const runtime = await startRuntime([instance(delayMs)]);
  const frames = await openFirstFrames();
  try {
    // The first film also pays for a runtime that has just started, which no data centre does.
    await measureOnce(runtime, frames, await makeFilm(films, { ...USUAL, seconds: 10, indexInFront: true }));
    const rows = await measureLengths(runtime, frames, films);
    const encodeMs = await measureEncode(await makeFilm(films, { ...USUAL, seconds: 10, indexInFront: true }));
    console.log(
      `from the last byte of an upload, every operation of R2 takes ${delayMs} ms more; milliseconds, median / p95 of ${numberOf('ROUNDS', 5)}\n`,
    );
    printTable(
      [
        '',
        '204',
        'playlist',
        'first frame',
        '204 → playlist',
        '204 → first frame',
        'published',
        'first frame is sooner',
      ],
      [...rows, ['control: 10 s, until its first encoded rendition plays', '', encodeMs.toFixed(0), ...' '.repeat(5)]],
    );
  } finally {
    await frames.close();
    await runtime.close();
    await rm(films, { recursive: true, force: true });
  }
}
