/** Sources that are not what they say they are. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { probeSource } from '../../../bench/frames/inspect-local.ts';
import { ffmpeg, makeSource, withTempDirectory } from '../media/media-fixtures.ts';

test.each([
  ['no bytes', '', 'source_empty'],
  ['text', 'hello '.repeat(100), 'source_not_media'],
  ['a playlist', '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n/etc/passwd\n#EXT-X-ENDLIST\n', 'source_not_media'],
  ['a list of files', "ffconcat version 1.0\nfile '/etc/passwd'\n", 'source_not_media'],
  ['an MP4 header and nothing more', '\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'source_not_media'],
])('%s', (_, content, code) =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'source.mp4');
    await writeFile(path, content, 'latin1');
    await expect(probeSource(path)).rejects.toMatchObject({ name: 'TaskFailure', code });
  }),
);

test('a file that was cut off', () =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'source.mp4');
    makeSource(path, '25', 2, '-movflags', '+faststart');
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * 0.7)));
    await expect(probeSource(path)).rejects.toMatchObject({ code: 'source_truncated' });
  }));

test('sound alone', () =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'source.m4a');
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=0.2', path);
    await expect(probeSource(path)).rejects.toMatchObject({ code: 'source_no_video' });
  }));

test('facts', () =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'source.mkv');
    makeSource(
      path,
      '24000/1001',
      1,
      '-metadata:s:a',
      'language=FRE',
      '-disposition:a',
      'default',
      '-output_ts_offset',
      '2',
    );
    const facts = await probeSource(path);
    expect(facts).toMatchObject({
      container: 'matroska,webm',
      video: {
        codec: 'h264',
        codedWidth: 64,
        frameCount: 24,
        frameRate: { num: 24_000, den: 1001 },
        startTicks: 2000,
        timeBase: { num: 1, den: 1000 },
      },
      audio: [{ codec: 'vorbis', language: 'fr', channels: 2, sampleRate: 48_000, isDefault: true }],
    });
  }));
