/** How soon a long film plays and seeks as one file, in Chromium: the source itself, and a download of the ladder. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withSystem } from '../../test/system/with-system.ts';
import { holdBound } from '../bounds.ts';
import { median, numberOf } from '../numbers.ts';
import { startRuntime } from '../runtime.ts';
import { printTable } from '../table.ts';
import { instance, linkOf, originOf, putFilm, untilPlayable } from './film-in-system.ts';
import { makeFilm } from './films.ts';
import { type FirstFrames, openFirstFrames, type Played } from './first-frames.ts';
import { p95 } from './percentile.ts';

const MS_MAX = 2000;
/** Of the film: there, back, and near the end. */
const SEEKS = [0.5, 0.1, 0.97, 0.33] as const;
/** It has to be encoded first. */
const LADDER_MINUTES_MAX = 20;
/** Small pictures: the tables are as large as the film is long. */
const TINY = { kilobitsPerSecond: 400, gopSeconds: 4, width: 426, height: 240 } as const;

/** Milliseconds until the answer begins, and what it says of itself. */
async function firstByte(url: string): Promise<{ ms: number; bytes: number }> {
  const startedMs = performance.now();
  const response = await fetch(url, { headers: { range: 'bytes=0-1023' } });
  await response.arrayBuffer();
  if (response.status !== 206) {
    throw new Error(`${new URL(url).pathname.split('/').at(-1)}: ${response.status}`);
  }
  const [, bytes = '0'] = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  return { ms: performance.now() - startedMs, bytes: Number(bytes) };
}

async function measure(frames: FirstFrames, url: string, name: string): Promise<string[]> {
  const { ms, bytes } = await firstByte(url);
  const rounds: Played[] = [];
  for (let round = 0; round < numberOf('ROUNDS', 5); round += 1) {
    rounds.push(await frames.playFile(url, SEEKS));
  }
  const starts = rounds.map(({ startMs }) => startMs);
  const seeks = rounds.flatMap(({ seeksMs }) => seeksMs);
  holdBound(p95([...starts, ...seeks]) < MS_MAX, `${name}: start and seeks within ${MS_MAX} ms (p95)`);
  const cells = [starts, seeks].map((values) => `${median(values).toFixed(0)} / ${p95(values).toFixed(0)}`);
  return [name, (bytes / 1e6).toFixed(0), ms.toFixed(0), ...cells];
}

async function ofSource(frames: FirstFrames, film: string): Promise<string[]> {
  const runtime = await startRuntime([instance(0)]);
  try {
    const assetId = await putFilm(runtime, film, 'download');
    await untilPlayable(runtime, assetId);
    const link = await linkOf(runtime, assetId);
    return await measure(frames, `${originOf(runtime)}/v/${link}/download/${TINY.height}.mp4`, 'the source');
  } finally {
    await runtime.close();
  }
}

/** The whole system: an encoder makes the ladder first. */
const ofLadder = (frames: FirstFrames, film: string): Promise<string[]> =>
  withSystem({ vars: { SOURCE_LOOPBACK: 'on' } }, async (system) => {
    const { id } = await system.ingest(film);
    const link = await system.api.call('POST /assets/{id}/links', {
      path: { id },
      body: { expiresIn: 3600, downloads: true },
    });
    const url = 'hls' in link ? link.hls.replace('main.m3u8', `download/${TINY.height}.mp4`) : '';
    return await measure(frames, url, 'a rendition');
  });

export async function measureDownloads(folder: string): Promise<void> {
  const films = join(folder, 'downloads');
  await mkdir(films);
  const minutes = numberOf('DOWNLOAD_MINUTES', 180);
  const film = (length: number) => makeFilm(films, { ...TINY, seconds: Math.round(length * 60), indexInFront: true });
  const frames = await openFirstFrames();
  try {
    const rows = [
      await ofSource(frames, await film(minutes)),
      await ofLadder(frames, await film(Math.min(minutes, LADDER_MINUTES_MAX))),
    ];
    console.log(
      `${minutes} minutes as one file in Chromium, of a rendition at most ${LADDER_MINUTES_MAX}; ms, median / p95\n`,
    );
    printTable(['', 'MB', 'first byte', 'first frame', 'seek'], rows);
  } finally {
    await frames.close();
    await rm(films, { recursive: true, force: true });
  }
}
