/** Headers of real packager output become the index of an ordinary MP4, which ffmpeg reads as it reads the segments. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PackagedOutput } from '../../../encoder/media/segments.ts';
import { encodedFile, SampleHeads } from '../../../src/delivery/downloads/encoded-file.ts';
import type { DownloadFile } from '../../../src/delivery/downloads/serve-file.ts';
import { readInit } from '../../../src/media/cmaf/init-segment.ts';
import { samplesKey, segmentKey } from '../../../src/media/keys.ts';
import { SampleTableWriter } from '../../../src/media/mp4-file/sample-tables.ts';
import { fingerprintOf, sampleEntriesOf, writeSamplesFile } from '../../../src/media/mp4-file/samples-file.ts';
import { segmentsOf, type Track } from '../../../src/media/presentation.ts';
import { bytesOfFile, MapObjects } from '../../src/delivery/downloads/map-objects.ts';
import { audioTrack, videoTrack } from '../../src/media/manifest/fixture.ts';
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

const REF = { assetId: 'film', version: 'ver1' };
/** Two chunks, the last segment shorter than the others. */
const SECONDS = 10;

type Film = { objects: MapObjects; tracks: Track[]; outputs: Map<string, PackagedOutput[]> };

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
  const plan = await planOf(source);
  const [rendition] = plan.video.renditions;
  const picture = trackOutputs(await runChunks(source, plan, directory), 0);
  const sound = [await runAudio(source, plan, directory)];
  const objects = new MapObjects();
  const tracks = [trackFrom(picture, rendition), trackFrom(sound)];
  const outputs = new Map([picture, sound].map((own, index) => [tracks[index]?.id ?? '', own]));
  for (const track of tracks) {
    await putObjects(objects, track, outputs.get(track.id) ?? []);
  }
  return { objects, tracks, outputs };
}

async function putObjects(objects: MapObjects, track: Track, own: readonly PackagedOutput[]): Promise<void> {
  const paths = own.flatMap(({ segmentPaths }) => segmentPaths);
  const segments = [...segmentsOf(track)];
  for (const [index, { attempt, number }] of segments.entries()) {
    objects.put(segmentKey(REF, track.id, attempt, number), await readFile(paths[index] ?? ''));
  }
  const init = new Uint8Array(await readFile(own[0]?.initPath ?? ''));
  const writer = new SampleTableWriter(readInit(init).sampleDefaults);
  for (const { headers } of own) {
    writer.add(new Uint8Array(Buffer.concat(headers)), segments.splice(0, headers.length));
  }
  const bytes = writeSamplesFile(await fingerprintOf(track), sampleEntriesOf(init), writer.finish());
  objects.put(samplesKey(REF, track.id), bytes);
}

const trackOf = (kind: Track['kind']): Track => {
  const track = film.tracks.find((candidate) => candidate.kind === kind);
  if (track === undefined) {
    throw new Error(`no ${kind}`);
  }
  return track;
};

const download = (tracks: readonly Track[]): Promise<DownloadFile> =>
  encodedFile(film.objects, new SampleHeads(film.objects), { ref: REF, tracks, fileName: 'film.mp4' });

/** Each frame's time and hash, picture and sound. */
const framesOf = (path: string, stream: string): string[] =>
  ffmpeg('-i', path, '-map', stream, '-fps_mode', 'passthrough', '-f', 'framecrc', '-')
    .toString()
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => line.replaceAll(' ', ''));

test('picture and sound of a download are those of the segments, from 0', async () => {
  const [video, audio] = [trackOf('video'), trackOf('audio')];
  const file = await download([video, audio]);
  const path = join(folder, 'download.mp4');
  await writeFile(path, await bytesOfFile(film.objects, file));
  const picture = await joinSegments(film.outputs.get(video.id) ?? [], join(folder, 'picture.mp4'));
  const sound = await joinSegments(film.outputs.get(audio.id) ?? [], join(folder, 'sound.mp4'));

  expect(framesOf(path, '0:v')).toEqual(framesOf(picture, '0:v'));
  expect(framesOf(path, '0:v')).toHaveLength(SECONDS * 24);
  expect(framesOf(path, '0:v')[0]).toMatch(/^0,-?\d+,0,/);
  expect(frameGreys(path)).toEqual(frameGreys(picture));
  expect(framesOf(path, '0:a')).toEqual(framesOf(sound, '0:a'));
  expect(clickSamples(path)).toEqual(clickSamples(sound));
});

test('a download of sound alone has all of it', async () => {
  const audio = trackOf('audio');
  const file = await download([audio]);
  expect(file.contentType).toBe('audio/mp4');
  const path = join(folder, 'download.m4a');
  await writeFile(path, await bytesOfFile(film.objects, file));
  const sound = await joinSegments(film.outputs.get(audio.id) ?? [], join(folder, 'sound.mp4'));
  expect(framesOf(path, '0:a')).toEqual(framesOf(sound, '0:a'));
});

test('headers are the beginnings of their segments', async () => {
  for (const { headers, segmentPaths } of [...film.outputs.values()].flat()) {
    for (const [index, path] of segmentPaths.entries()) {
      const segment = await readFile(path);
      const header = Buffer.from(headers[index] ?? []);
      expect(segment.subarray(0, header.length).equals(header)).toBe(true);
      expect(segment.toString('latin1', header.length + 4, header.length + 8)).toBe('mdat');
    }
  }
});
