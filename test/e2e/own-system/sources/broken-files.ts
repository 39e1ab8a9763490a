/** Files that are no films, and what they have to be refused with. */
import { randomBytes } from 'node:crypto';
import { open, rm, stat, writeFile } from 'node:fs/promises';
import type { TaskErrorCode } from '../../../../src/protocol/tasks.ts';
import { ffmpeg, words } from '../../../system/ffmpeg.ts';

type BrokenFile = { make: (path: string) => Promise<unknown>; code: TaskErrorCode };

async function cutOff(path: string, share: number): Promise<void> {
  const { size } = await stat(path);
  const file = await open(path, 'r+');
  await file.truncate(Math.floor(size * share));
  await file.close();
}

/** A film whose index (`moov`) stands before or after its media. */
async function makeFilm(path: string, flags: string[]): Promise<void> {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=25:d=2', '-f', 'lavfi', '-i', 'sine=d=2'];
  await ffmpeg(...source, ...words('-c:v libx264 -preset ultrafast -pix_fmt yuv420p'), ...flags, path);
}

export const BROKEN_FILES = {
  'random-bytes.mp4': { make: (path) => writeFile(path, randomBytes(200_000)), code: 'source_not_media' },
  'text.mp4': {
    make: (path) => writeFile(path, 'It was a dark and stormy night.\n'.repeat(500)),
    code: 'source_not_media',
  },
  'picture.jpg': {
    make: (path) => ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=320x240', '-frames:v', '1', '-update', '1', path),
    code: 'source_not_media',
  },
  'zero-bytes.mp4': { make: (path) => writeFile(path, ''), code: 'source_empty' },
  'index-first-cut-off.mp4': {
    make: async (path) => {
      await makeFilm(path, ['-movflags', '+faststart']);
      await cutOff(path, 0.6);
    },
    code: 'source_truncated',
  },
  'index-last-cut-off.mp4': {
    make: async (path) => {
      await makeFilm(path, []);
      await cutOff(path, 0.6);
    },
    code: 'source_truncated',
  },
  // Neither has an index that counts frames; the outermost structure says how long it is.
  'fragments-cut-off.mp4': {
    make: async (path) => {
      await makeFilm(path, words('-g 10 -movflags frag_keyframe+empty_moov'));
      await cutOff(path, 0.6);
    },
    code: 'source_truncated',
  },
  'cut-off.mkv': {
    make: async (path) => {
      await makeFilm(path, []);
      await cutOff(path, 0.6);
    },
    code: 'source_truncated',
  },
  'sound-only.m4a': {
    make: (path) => ffmpeg('-f', 'lavfi', '-i', 'sine=d=2', '-c:a', 'aac', path),
    code: 'source_no_video',
  },
  'sound-with-cover.m4a': {
    make: async (path) => {
      const cover = `${path}.jpg`;
      await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=320x240', '-frames:v', '1', '-update', '1', cover);
      await ffmpeg(
        '-f',
        'lavfi',
        '-i',
        'sine=d=2',
        '-i',
        cover,
        ...words('-map 0 -map 1 -c:a aac -c:v copy'),
        ...words('-disposition:v attached_pic'),
        path,
      );
      await rm(cover);
    },
    code: 'source_no_video',
  },
} as const satisfies Record<string, BrokenFile>;
