/** Files whose sound is added to a film, made by the real ffmpeg. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_BUDGET } from '../../../encoder/inspect/ffprobe.ts';
import { inspectSound } from '../../../encoder/inspect/inspect-sound.ts';
import { remuxSource } from '../../../encoder/media/remux.ts';
import type { SoundFacts } from '../../../src/protocol/sound-facts.ts';
import { ffmpeg, makeSource, withTempDirectory } from '../media/media-fixtures.ts';

const inspect = (path: string): Promise<SoundFacts> =>
  inspectSound(async (remux, read) => {
    if (remux === undefined) {
      return await read(path);
    }
    await remuxSource(path, remux, `${path}.nut`, { budget: DEFAULT_BUDGET });
    return await read(`${path}.nut`);
  });

const noise = (...more: string[]): string[] => ['-f', 'lavfi', '-i', 'anoisesrc=r=48000:d=3:a=0.1', ...more];

const inspectMade = (name: string, ...args: string[]): Promise<SoundFacts> =>
  withTempDirectory(async (directory) => {
    const path = join(directory, name);
    ffmpeg(...args, path);
    return await inspect(path);
  });

describe('sound alone', () => {
  test.each([
    ['a.mp3', ['-c:a', 'libmp3lame'], 'mp3', 'mp3'],
    ['a.wav', ['-ac', '2'], 'wav', 'pcm_s16le'],
    ['a.flac', [], 'flac', 'flac'],
    ['a.m4a', ['-c:a', 'aac'], 'mov,mp4,m4a,3gp,3g2,mj2', 'aac'],
    ['a.aac', ['-c:a', 'aac'], 'aac', 'aac'],
    ['a.ac3', ['-c:a', 'ac3'], 'ac3', 'ac3'],
    ['a.ogg', ['-c:a', 'libopus'], 'ogg', 'opus'],
  ])('%s', async (name, args, container, codec) => {
    const facts = await inspectMade(name, ...noise(...args));
    expect(facts).toMatchObject({ container, audio: { streamIndex: 0, codec }, warnings: [] });
    expect(facts.durationSeconds).toBeGreaterThan(2.95);
    expect(facts.durationSeconds).toBeLessThan(3.1);
    expect(facts.audio.startSeconds - facts.fileStartSeconds).toBeCloseTo(0, 3);
    expect(facts).not.toHaveProperty('remux');
  });

  test('of an MP3 begins behind the delay of its encoder', async () => {
    const facts = await inspectMade('a.mp3', ...noise('-c:a', 'libmp3lame'));
    expect(facts.fileStartSeconds).toBeCloseTo(1105 / 48_000, 5);
    expect(facts.durationSeconds).toBeGreaterThan(2.99);
  });

  test('six channels stay six', async () => {
    expect(await inspectMade('a.wav', ...noise('-ac', '6'))).toMatchObject({ audio: { channels: 6 } });
  });
});

describe('a film', () => {
  test('gives its default sound; the picture is left aside', () =>
    withTempDirectory(async (directory) => {
      const [film, two] = [join(directory, 'film.mkv'), join(directory, 'two.mkv')];
      makeSource(film, '25', 2, '-c:a', 'aac');
      const second = ['-map', '0:v', '-map', '0:a', '-map', '1:a', '-c:v', 'copy', '-c:a', 'aac'];
      const flags = ['-disposition:a:0', '0', '-disposition:a:1', 'default', '-metadata:s:a:1', 'language=ger'];
      ffmpeg('-i', film, ...noise(), ...second, ...flags, two);
      expect(await inspect(two)).toMatchObject({ audio: { streamIndex: 2, language: 'de', isDefault: true } });
    }));

  test('of a transport stream is copied with its sound alone, from where the recording begins', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'a.ts');
      makeSource(path, '25', 2, '-c:a', 'aac', '-output_ts_offset', '5000');
      const facts = await inspect(path);
      expect(facts).toMatchObject({ audio: { streamIndex: 0, codec: 'aac', channels: 2 } });
      expect(facts.remux).toMatchObject({ streams: [1] });
      expect(facts.fileStartSeconds).toBeGreaterThan(4990);
      expect(facts.audio.startSeconds - facts.fileStartSeconds).toBeLessThan(0.1);
    }));
});

describe('what is refused', () => {
  const refused = (name: string, bytes: string | Buffer): Promise<SoundFacts> =>
    withTempDirectory(async (directory) => {
      const path = join(directory, name);
      await writeFile(path, bytes);
      return await inspect(path);
    });

  test.each([
    ['an empty file', 'a.mp3', '', 'source_empty'],
    ['a text file', 'a.mp3', 'These are not the sounds. '.repeat(2000), 'source_not_media'],
    // Among enough bytes of any kind, some look like a frame of MP3.
    [
      'noise',
      'a.mp3',
      Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * n * 7919) % 251)),
      'source_audio_unsupported',
    ],
    ['a playlist', 'a.m3u8', '#EXTM3U\n#EXTINF:4,\nfile:/etc/passwd\n', 'source_not_media'],
  ])('%s', async (_, name, bytes, code) => {
    await expect(refused(name, bytes)).rejects.toMatchObject({ code });
  });

  test('a film without sound', async () => {
    const silent = inspectMade('a.mp4', '-f', 'lavfi', '-i', 'color=s=64x48:d=1', '-c:v', 'libx264');
    await expect(silent).rejects.toMatchObject({ code: 'source_no_sound' });
  });

  test('encrypted sound', async () => {
    const key = ['-encryption_scheme', 'cenc-aes-ctr', '-encryption_key', '0'.repeat(32)];
    const locked = inspectMade('a.mp4', ...noise('-c:a', 'aac', ...key, '-encryption_kid', '1'.repeat(32)));
    await expect(locked).rejects.toMatchObject({ code: 'source_encrypted' });
  });

  // Whether anything of real ciphertext can be decoded depends on chance.
  test('encrypted sound of which nothing can be decoded', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'a.mp4');
      const key = ['-encryption_scheme', 'cenc-aes-ctr', '-encryption_key', '0'.repeat(32)];
      ffmpeg(...noise('-c:a', 'aac', ...key, '-encryption_kid', '1'.repeat(32)), path);
      const bytes = await readFile(path);
      const media = bytes.indexOf('mdat');
      bytes.fill(0xff, media + 4, media + bytes.readUInt32BE(media - 4) - 4);
      await writeFile(path, bytes);
      await expect(inspect(path)).rejects.toMatchObject({ code: 'source_encrypted' });
    }));

  test('a file that was cut off', () =>
    withTempDirectory(async (directory) => {
      const path = join(directory, 'a.m4a');
      ffmpeg(...noise('-c:a', 'aac', '-movflags', '+faststart'), path);
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length / 2));
      await expect(inspect(path)).rejects.toMatchObject({ code: 'source_truncated' });
    }));
});
