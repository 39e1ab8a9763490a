import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { probeSource } from '../../../bench/frames/inspect-local.ts';
import { keepDecodable } from '../../../encoder/inspect/decodable-sound.ts';
import { strangerFile } from '../../../encoder/inspect/ffprobe.ts';
import type { RawStream } from '../../../encoder/inspect/probe-schema.ts';
import { readAroundUnopened } from '../../../encoder/inspect/unopened-streams.ts';
import { ffmpeg, withTempDirectory } from '../media/media-fixtures.ts';

const RUN = { deadlineMs: 30_000, threads: 2 };
const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=24:d=1'];
const NOISE = ['-f', 'lavfi', '-i', 'anoisesrc=d=1:r=48000'];

/** A film with one track of each codec. Matroska, so that the codecs can be renamed. */
async function makeFilm(path: string, codecs: readonly string[], ...renamed: [string, string][]): Promise<string> {
  const sounds = codecs.flatMap((codec, index) => [`-map`, '1:a', `-c:a:${index}`, codec]);
  ffmpeg(...PICTURE, ...NOISE, '-map', '0:v', ...sounds, '-ac', '2', '-c:v', 'libx264', '-preset', 'ultrafast', path);
  let bytes = (await readFile(path)).toString('latin1');
  for (const [from, to] of renamed) {
    expect(bytes).toContain(from);
    bytes = bytes.replace(from, to);
  }
  await writeFile(path, bytes, 'latin1');
  return path;
}

/** AudioSpecificConfig of AAC-LC, 48 kHz, stereo; and the start of one of USAC (object type 42), which ffmpeg 5.1 does not know. */
const LC: [string, string] = ['\x11\x90\x56\xe5\x00', '\xf9\x46\x56\xe5\x00'];

test('sound that cannot be decoded is left out, with its codec and the reason', () =>
  withTempDirectory(async (directory) => {
    const path = await makeFilm(
      join(directory, 'film.mkv'),
      ['aac', 'ac3', 'mp2'],
      ['A_AC3', 'A_DTS'],
      ['A_MPEG/L2', 'A_MPEG/X2'],
    );
    const { audio, warnings } = await probeSource(path);
    expect(audio.map(({ streamIndex }) => streamIndex)).toEqual([1]);
    const [warning, ...more] = warnings;
    expect(more).toEqual([]);
    expect(warning?.code).toBe('track_dropped');
    expect(warning?.message).toMatch(
      /track 2 \(dts\): there is no decoder for it here, track 3 \(unknown codec\): its codec is unknown/,
    );
  }));

test('sound with so many channels that nobody knows what they are is left out', () =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'film.mkv');
    const raw = join(directory, 'twelve.raw');
    await writeFile(raw, Buffer.alloc(2 * 12 * 48_000));
    const twelve = ['-f', 's16le', '-ar', '48000', '-ac', '12', '-i', raw];
    ffmpeg(...PICTURE, ...NOISE, ...twelve, ...['-map', '0', '-map', '1', '-map', '2', '-c:a', 'pcm_s16le', path]);
    const { audio, warnings } = await probeSource(path);
    expect(audio.map(({ streamIndex }) => streamIndex)).toEqual([1]);
    expect(warnings[0]?.message).toContain('track 2 (pcm_s16le): nothing says what its channels are');
  }));

test('a film none of whose sound can be decoded is refused', () =>
  withTempDirectory(async (directory) => {
    const path = await makeFilm(join(directory, 'film.mkv'), ['ac3'], ['A_AC3', 'A_DTS']);
    const message = expect.stringContaining('dts');
    await expect(probeSource(path)).rejects.toMatchObject({ code: 'source_audio_unsupported', message });
  }));

test('a film none of whose decoders of sound opens is refused', () =>
  withTempDirectory(async (directory) => {
    const path = await makeFilm(join(directory, 'film.mp4'), ['aac'], LC);
    const message = expect.stringMatching(/None of the sound.*aac/);
    await expect(probeSource(path)).rejects.toMatchObject({ code: 'source_audio_unsupported', message });
  }));

test('streams whose decoder does not open are found, and the others are read', () =>
  withTempDirectory(async (directory) => {
    const path = await makeFilm(join(directory, 'film.mp4'), ['aac', 'ac3', 'aac'], LC, LC);
    const probe = await readAroundUnopened(strangerFile(path), {});
    expect(probe?.formatName).toContain('mp4');
    expect(probe?.unopened).toMatchObject([{ index: 1, codec_name: 'aac' }, { index: 3 }]);
    expect(probe?.streams).toMatchObject([
      { index: 0, codec_name: 'h264', width: 64, height: 64, pix_fmt: 'yuv420p' },
      { index: 2, codec_name: 'ac3', channels: 2, sample_rate: 48_000 },
    ]);
  }));

test('a source whose decoders all open, or that is no film, has no such streams', () =>
  withTempDirectory(async (directory) => {
    expect(await readAroundUnopened(strangerFile(await makeFilm(join(directory, 'film.mkv'), ['aac'])), {})).toBeNull();
    const text = join(directory, 'text');
    await writeFile(text, 'no film'.repeat(100));
    expect(await readAroundUnopened(strangerFile(text), {})).toBeNull();
  }));

test('usual sound is not tried: no file is read', async () => {
  const usual = (index: number, more: Partial<RawStream> = {}): RawStream => ({
    index,
    codec_type: 'audio',
    codec_name: 'aac',
    profile: 'LC',
    channels: 2,
    sample_rate: 48_000,
    ...more,
  });
  const streams = [
    usual(0),
    usual(1, { profile: 'HE-AACv2' }),
    usual(2, { codec_name: 'ac3', profile: undefined }),
    usual(3, { codec_name: 'pcm_s24le', profile: undefined }),
  ];
  expect(await keepDecodable(strangerFile('/nowhere'), streams, [], RUN)).toEqual({ audio: streams, dropped: [] });
  await expect(
    keepDecodable(strangerFile('/nowhere'), [usual(0, { profile: 'xHE-AAC' })], [], RUN),
  ).rejects.toMatchObject({
    code: 'source_audio_unsupported',
  });
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

test('the default track and the first ones are kept where there are too many', async () => {
  const streams = Array.from(
    { length: 36 },
    (_, index): RawStream => ({
      index,
      codec_type: 'audio',
      codec_name: 'opus',
      channels: 2,
      sample_rate: 48_000,
      disposition: { default: index === 33 ? 1 : 0, comment: index === 1 ? 1 : 0 },
    }),
  );
  const { audio, dropped } = await keepDecodable(strangerFile('/nowhere'), streams, [], RUN);
  expect(audio.map(({ index }) => index)).toEqual([0, ...range(2, 32), 33]);
  expect(dropped.map(({ reason, what }) => [reason, what])).toEqual(
    [1, 32, 34, 35].map((index) => ['surplus', `track ${index} (opus)`]),
  );
});
