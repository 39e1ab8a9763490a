/** Headers of real packager output become the index of an ordinary MP4, which ffmpeg reads as it reads the segments. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PackagedOutput } from '../../../encoder/media/segments.ts';
import { readInit } from '../../../src/media/cmaf/init-segment.ts';
import { SampleTableWriter } from '../../../src/media/mp4-file/sample-tables.ts';
import {
  fingerprintOf,
  readSamplesHead,
  sampleEntriesOf,
  writeSamplesFile,
} from '../../../src/media/mp4-file/samples-file.ts';
import { segmentsOf, type Track } from '../../../src/media/presentation.ts';
import { audioTrack, videoTrack } from '../../src/media/manifest/fixture.ts';
import { wholeFile } from '../../src/media/mp4-file/whole-file.ts';
import {
  clickSamples,
  ffmpeg,
  frameGreys,
  joinSegments,
  makeSource,
  planOf,
  runAudio,
  runChunks,
  trackOutputs,
} from './media-fixtures.ts';

/** Two chunks, the last segment shorter than the others. */
const SECONDS = 10;

type Stored = { track: Track; samples: Uint8Array; outputs: PackagedOutput[] };
type Film = { picture: Stored; sound: Stored };

let film: Film;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-download-'));
  film = await encode(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A track as its tasks report it, each one by an attempt of its own. */
function trackFrom(outputs: readonly PackagedOutput[], rendition?: { width: number; height: number }): Track {
  const [first] = outputs;
  if (first === undefined) {
    throw new Error('a track without outputs');
  }
  const { track: id, timescale } = first.report;
  const chunks = outputs.map(({ report: { firstNumber, segments } }, index) => ({
    attempt: `${1 + (index % 2)}`,
    firstNumber,
    segments,
  }));
  return rendition === undefined
    ? audioTrack(id, 'de', { chunks, timescale })
    : { ...videoTrack(id, rendition.width, rendition.height, 1, { chunks }), timescale };
}

async function encode(directory: string): Promise<Film> {
  const source = join(directory, 'source.mp4');
  makeSource(source, '24', SECONDS);
  const quick = await planOf(source);
  // With reordered frames, which the quickest preset has none of.
  const plan = { ...quick, video: { ...quick.video, preset: 'medium' as const } };
  const [rendition] = plan.video.renditions;
  const picture = trackOutputs(await runChunks(source, plan, directory), 0);
  const sound = [await runAudio(source, plan, directory)];
  return {
    picture: await store(trackFrom(picture, rendition), picture),
    sound: await store(trackFrom(sound), sound),
  };
}

async function store(track: Track, outputs: PackagedOutput[]): Promise<Stored> {
  const init = new Uint8Array(await readFile(outputs[0]?.initPath ?? ''));
  const writer = new SampleTableWriter(readInit(init).sampleDefaults);
  const segments = [...segmentsOf(track)];
  for (const { headers } of outputs) {
    writer.add(new Uint8Array(Buffer.concat(headers)), segments.splice(0, headers.length));
  }
  const samples = writeSamplesFile(await fingerprintOf(track), sampleEntriesOf(init), writer.finish());
  return { track, samples, outputs };
}

/** Writes the file and returns its path. */
async function download(name: string, ...stored: Stored[]): Promise<string> {
  const paths = new Map(
    stored.map(({ track, outputs }) => [track.id, outputs.flatMap(({ segmentPaths }) => segmentPaths)]),
  );
  const bytes = await wholeFile(stored, ({ track, number }) => readFile(paths.get(track)?.[number - 1] ?? ''));
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** Each frame's time and hash, picture and sound. */
const framesOf = (path: string, stream: string): string[] =>
  ffmpeg('-i', path, '-map', stream, '-fps_mode', 'passthrough', '-f', 'framecrc', '-')
    .toString()
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => line.replaceAll(' ', ''));

test('picture and sound of a download are those of the segments, from 0', async () => {
  const path = await download('film.mp4', film.picture, film.sound);
  const { shiftTicks } = readSamplesHead(film.picture.samples);
  expect(shiftTicks).toBeGreaterThan(0);
  const picture = await joinSegments(film.picture.outputs, join(folder, 'picture.mp4'));
  const sound = await joinSegments(film.sound.outputs, join(folder, 'sound.mp4'));

  expect(framesOf(path, '0:v')).toEqual(framesOf(picture, '0:v'));
  expect(framesOf(path, '0:v')).toHaveLength(SECONDS * 24);
  expect(framesOf(path, '0:v')[0]).toMatch(/^0,-?\d+,0,/);
  expect(frameGreys(path)).toEqual(frameGreys(picture));
  expect(framesOf(path, '0:a')).toEqual(framesOf(sound, '0:a'));
  expect(clickSamples(path)).toEqual(clickSamples(sound));
});

test('a download of sound alone has all of it', async () => {
  const path = await download('sound.m4a', film.sound);
  const sound = await joinSegments(film.sound.outputs, join(folder, 'sound.mp4'));
  expect(framesOf(path, '0:a')).toEqual(framesOf(sound, '0:a'));
});

test('headers are the beginnings of their segments', async () => {
  for (const { headers, segmentPaths } of [...film.picture.outputs, ...film.sound.outputs]) {
    for (const [index, path] of segmentPaths.entries()) {
      const segment = await readFile(path);
      const header = Buffer.from(headers[index] ?? []);
      expect(segment.subarray(0, header.length).equals(header)).toBe(true);
      expect(segment.toString('latin1', header.length + 4, header.length + 8)).toBe('mdat');
    }
  }
});
