/** Sources of which pictures cannot be decoded: what is left is shown in its place, and the task says so. */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeChunk } from '../../../encoder/picture/encode-chunk.ts';
import { readSourceSigns, type SourceSigns } from '../../../encoder/picture/source-signs.ts';
import type { Warning } from '../../../src/protocol/warnings.ts';
import { BUDGET, ffmpeg, frameGreys, greyOf, makeSource, planOf, withTempDirectory } from '../media/media-fixtures.ts';

/** Each damaged end is decoded from further and further back. */
const TIMEOUT_MS = 60_000;
/** x264 at CRF 23 on a flat picture. */
const GREY_ERROR = 12;

type Packet = { seconds: number; at: number; size: number };

function packetsOf(path: string): Packet[] {
  const args = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts_time,pos,size', '-of', 'csv=p=0'];
  const lines = execFileSync('ffprobe', [...args, path], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [seconds = 0, size = 0, at = 0] = line.split(',').map(Number);
    return { seconds, at, size };
  });
}

/** Overwrites the pictures from one second to another. */
async function damage(path: string, from: number, to: number): Promise<void> {
  const bytes = await readFile(path);
  for (const { at, size } of packetsOf(path).filter(({ seconds }) => seconds >= from && seconds < to)) {
    bytes.fill(0xaa, at, at + size);
  }
  await writeFile(path, bytes);
}

/** Of a film of 9 s at 25 fps: the greys of each chunk of 4 s, and the warnings. */
async function encodeDamaged(from: number, to: number) {
  return await withTempDirectory(async (directory) => {
    const sourcePath = join(directory, 'source.mp4');
    makeSource(sourcePath, '25', 9);
    const { video, chunks } = await planOf(sourcePath);
    await damage(sourcePath, from, to);
    const greys: number[] = [];
    const warnings: Warning[][] = [];
    for (const chunk of chunks) {
      const workDirectory = directory;
      const encoded = await encodeChunk({ sourcePath, video, chunk, workDirectory, budget: BUDGET });
      const [output] = encoded.outputs;
      const paths = [output?.initPath ?? '', ...(output?.segmentPaths ?? [])];
      const joined = join(directory, 'joined.mp4');
      await writeFile(joined, Buffer.concat(await Promise.all(paths.map((path) => readFile(path)))));
      greys.push(...frameGreys(joined));
      warnings.push(encoded.warnings);
    }
    return { greys, warnings };
  });
}

const isGrey = (grey: number, frame: number): boolean => Math.abs(grey - greyOf(frame)) <= GREY_ERROR;

describe('damaged sources', { timeout: TIMEOUT_MS }, () => {
  test('an end that cannot be decoded is the last good picture, in chunks wholly within it too', async () => {
    const { greys, warnings } = await encodeDamaged(7, 99);
    expect(greys).toHaveLength(225);
    // Pictures that refer to lost ones may be lost as well.
    const last = greys.findIndex((grey, frame) => !isGrey(grey, frame)) - 1;
    expect(last).toBeGreaterThan(170);
    expect(greys.slice(last + 1).every((grey) => isGrey(grey, last))).toBe(true);
    expect(warnings[0]).toEqual([]);
    expect(warnings[1]).toMatchObject([{ code: 'end_damaged', at: (last + 1) / 25 }]);
    expect(warnings[2]).toMatchObject([{ code: 'end_damaged', at: 8 }]);
  });

  test('a stretch in the middle is the picture before it; what comes later is in its place', async () => {
    const { greys, warnings } = await encodeDamaged(3, 5);
    expect(greys).toHaveLength(225);
    expect(greys.slice(0, 70).every(isGrey)).toBe(true);
    // The key frames are 24 apart: the first whole group is from 144.
    expect(greys.slice(144).every((grey, index) => isGrey(grey, index + 144))).toBe(true);
    // Told once, by the chunk in which it begins.
    expect(warnings[0]).toMatchObject([{ code: 'picture_damaged', at: expect.closeTo(2.8, 0.25) }]);
    expect(warnings[2]).toEqual([]);
  });
});

describe('signs', () => {
  const signsOf = (line: string): SourceSigns => {
    const { signs, readLine } = readSourceSigns();
    readLine(line);
    return signs;
  };

  test.each([
    'Error while decoding stream #0:0: Invalid data found when processing input',
    '[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x2] Error submitting packet to decoder: Invalid data found when processing input',
    '[h264 @ 0x1] error while decoding MB 12 5, bytestream -7',
    '[mpeg2video @ 0x1] ac-tex damaged at 3 7',
    'source.mp4: corrupt decoded frame in stream 0',
  ])('of damage: %s', (line) => {
    expect(signsOf(line)).toEqual({ isDamaged: true, isResized: false });
  });

  test.each([
    '[h264 @ 0x1] mmco: unref short failure',
    '[hevc @ 0x1] Could not find ref with POC 12',
    '[h264 @ 0x1] Missing reference picture, default is 65530',
    '[mp4 @ 0x1] Timestamps are unset in a packet for stream 0.',
  ])('not of damage: %s', (line) => {
    expect(signsOf(line)).toEqual({ isDamaged: false, isResized: false });
  });

  test('of another size', () => {
    const line = '[graph 0 input @ 0x1] Changing video frame properties on the fly is not supported by all filters.';
    expect(signsOf(line)).toEqual({ isDamaged: false, isResized: true });
  });
});

test('an interlaced film that changes its size is encoded to its end', { timeout: TIMEOUT_MS }, () =>
  withTempDirectory(async (directory) => {
    const parts = ['320x180', '160x180', '320x180'].map((size, index) => {
      const path = join(directory, `${index}.m2v`);
      const input = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=50:d=1,interlace`];
      ffmpeg(...input, '-c:v', 'mpeg2video', '-bf', '0', '-flags', '+ilme+ildct', '-q:v', '3', path);
      return path;
    });
    const whole = join(directory, 'whole.m2v');
    await writeFile(whole, Buffer.concat(await Promise.all(parts.map((path) => readFile(path)))));
    const sourcePath = join(directory, 'source.mkv');
    ffmpeg('-fflags', '+genpts', '-r', '25', '-f', 'mpegvideo', '-i', whole, '-c', 'copy', sourcePath);
    const { video, chunks } = await planOf(sourcePath);
    expect(video).toMatchObject({ frameCount: 75, source: { interlaced: true } });
    const [chunk] = chunks;
    if (chunk === undefined) {
      throw new Error('no chunk');
    }
    expect(video.source.sizeChanges).toBe(true);
    // As if inspection had not met it.
    const { sizeChanges: _, ...source } = video.source;
    const unknown = { sourcePath, video: { ...video, source }, chunk, workDirectory: directory, budget: BUDGET };
    const { warnings } = await encodeChunk(unknown);
    expect(warnings.map(({ code }) => code)).toEqual(['size_changes']);
  }),
);
