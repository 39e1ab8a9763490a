/** Samples of the reader against the packets of ffprobe, for files of ffmpeg: places, sizes, times with the edit list, key frames. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile as readBytes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SampleCursor } from '../../../src/media/source/standard-source.ts';
import { ffmpeg, run, words } from '../../system/ffmpeg.ts';
import { clipPath } from '../../system/films.ts';
import { readFile } from './read-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'standard-source-'));
afterAll(() => rmSync(directory, { recursive: true }));
const pathOf = (name: string): string => join(directory, name);

const PICTURE = words('-f lavfi -i testsrc=size=160x90:rate=24:duration=3');
const SOUND = words('-f lavfi -i sine=frequency=440:sample_rate=48000:duration=3');
const X264 = words('-c:v libx264 -preset veryfast -g 24 -pix_fmt yuv420p -bf 2');

/** 8 frames a second, and from 1 s on 24. */
const UNEVEN = words('-vf select=gt(t\\,1)+not(mod(n\\,3)) -vsync vfr');

const FILMS: Record<string, string[]> = {
  'b-frames.mp4': [...PICTURE, ...SOUND, ...X264, ...words('-c:a aac -metadata:s:a language=deu')],
  'faststart.mp4': [...PICTURE, ...SOUND, ...X264, ...words('-c:a aac -ar 44100 -ac 1 -movflags +faststart')],
  'quicktime.mov': [...PICTURE, ...SOUND, ...X264, ...words('-c:a aac -ar 44100 -ac 2')],
  'signed.mp4': [...PICTURE, ...SOUND, ...X264, ...words('-c:a aac -movflags negative_cts_offsets')],
  'uneven.mp4': [...PICTURE, ...SOUND, ...X264, ...UNEVEN, ...words('-c:a aac')],
  'no-edits.mp4': [...PICTURE, ...SOUND, ...X264, ...words('-c:a aac -use_editlist 0')],
  'silent.mp4': [...PICTURE, ...words('-c:v libx264 -profile:v baseline -pix_fmt yuv420p -g 12')],
  'late-sound.mp4': [...PICTURE, ...words('-itsoffset 0.2'), ...SOUND, ...X264, ...words('-c:a aac -shortest')],
  'wide-pixels.mp4': [...PICTURE, ...X264, ...words('-vf setsar=4/3')],
};
const NAMES = Object.keys(FILMS);

beforeAll(async () => {
  for (const [name, args] of Object.entries(FILMS)) {
    await ffmpeg(...args, pathOf(name));
  }
});

type Packet = { pos: string; size: string; pts: number; dts: number; flags: string };

/** Decode times from the first one on: ffprobe moves them where composition offsets are negative, and guesses durations. */
async function packetsOf(path: string, stream: string) {
  const args = ['-v', 'error', '-select_streams', stream, '-show_packets', '-of', 'json', path];
  const { packets } = JSON.parse(String(await run('ffprobe', args))) as { packets: Packet[] };
  return packets.map(({ pos, size, pts, dts, flags }) => ({
    offset: Number(pos),
    sizeBytes: Number(size),
    time: pts,
    decodeTicks: dts - (packets[0]?.dts ?? 0),
    isSync: flags.startsWith('K'),
  }));
}

function samplesOf({ samples, startTicks }: { samples: () => SampleCursor; startTicks: number }) {
  const found: Awaited<ReturnType<typeof packetsOf>> = [];
  const cursor = samples();
  while (cursor.next()) {
    const { offset, sizeBytes, decodeTicks, compositionOffsetTicks, isSync } = cursor;
    found.push({ offset, sizeBytes, time: decodeTicks + compositionOffsetTicks - startTicks, decodeTicks, isSync });
  }
  return { found, endTicks: cursor.decodeTicks + cursor.durationTicks };
}

async function expectPackets(path: string): Promise<void> {
  const { source, keySample } = await readFile(path);
  expect(keySample).toBeNull();
  for (const [stream, track] of [['v:0', source.video] as const, ['a:0', source.audio] as const]) {
    if (track !== null) {
      const { found, endTicks } = samplesOf(track);
      expect(found.length).toBeGreaterThan(10);
      expect(found).toEqual(await packetsOf(path, stream));
      expect([found.length, endTicks]).toEqual([track.sampleCount, track.durationTicks]);
    }
  }
}

describe('each sample is the packet that ffprobe reads', () => {
  test.each(NAMES)('%s', (name) => expectPackets(pathOf(name)));

  test.each(['sintel_trailer_720p24_52s.mp4', 'wave_tos_1080p2997_8s.mp4', 'wave_croatia_1080p25_8s.mp4'])(
    '%s',
    async (name) => {
      const path = clipPath(name);
      if (path === null) {
        console.log(`left out: ${name} is not on this machine`);
        return;
      }
      await expectPackets(path);
    },
  );
});

describe('facts of the tracks', () => {
  test('codecs, sizes, language', async () => {
    const { source, reads } = await readFile(pathOf('b-frames.mp4'));
    expect(source.video).toMatchObject({ codec: 'avc1.64000a', codedWidth: 160, width: 160, height: 90, rotation: 0 });
    expect(source.audio).toMatchObject({ codec: 'mp4a.40.2', channels: 1, sampleRate: 48_000, language: 'de' });
    expect(source.durationSeconds).toBe(3);
    // The whole file, and two key samples.
    expect(reads).toBe(3);
  });

  test('sound of QuickTime files, with an esds box of its own', async () => {
    const { source } = await readFile(pathOf('quicktime.mov'));
    expect(source.audio).toMatchObject({ codec: 'mp4a.40.2', channels: 2, sampleRate: 44_100, language: 'und' });
    expect(String.fromCharCode(...(source.audio?.configuration.subarray(4, 8) ?? []))).toBe('esds');
  });

  test('no sound', async () => {
    const { source } = await readFile(pathOf('silent.mp4'));
    expect(source.audio).toBeNull();
    expect(source.video.codec).toMatch(/^avc1\.42c0/);
  });

  test('pixels that are no squares', async () => {
    const { source } = await readFile(pathOf('wide-pixels.mp4'));
    expect(source.video).toMatchObject({ codedWidth: 160, width: 213, height: 90 });
    expect(source.video.entryBoxes.map((box) => String.fromCharCode(...box.subarray(4, 8)))).toContain('pasp');
  });

  test.each([
    [90, [0, 1, -1, 0], 90, 160],
    [180, [-1, 0, 0, -1], 160, 90],
    [270, [0, -1, 1, 0], 90, 160],
  ])('turned by %i degrees', async (rotation, [a = 0, b = 0, c = 0, d = 0], width, height) => {
    const bytes = await readBytes(pathOf('silent.mp4'));
    const at = bytes.indexOf('tkhd') + 4 + 40;
    for (const [index, value] of [a, b, 0, c, d].entries()) {
      bytes.writeInt32BE(value * 0x10000, at + 4 * index);
    }
    const path = pathOf(`turned-${rotation}.mp4`);
    await writeFile(path, bytes);
    const { source } = await readFile(path);
    expect(source.video).toMatchObject({ rotation, width, height, codedWidth: 160, codedHeight: 90 });
    // ffprobe counts the other way round.
    const told = String(
      await run('ffprobe', ['-v', 'error', '-show_entries', 'side_data=rotation', '-of', 'csv=p=0', path]),
    );
    expect((360 - Number.parseInt(told, 10)) % 360).toBe(rotation);
  });
});
