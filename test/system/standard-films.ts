/** Standard films of the kinds that cameras and editors write, with numbered pictures (bench/frames). */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { steadyPictures, timedPictures } from '../../bench/frames/inputs.ts';
import { rotate } from '../../bench/frames/make-source.ts';
import { ffmpeg, words } from './ffmpeg.ts';

type Kind = {
  /** As ffmpeg takes it; else the times of frames. */
  rate: string | readonly number[];
  frames: number;
  picture?: string;
  /** Null: none. */
  sound?: { rate: number; channels: number } | null;
  /** Further arguments of the muxer. */
  muxer?: string;
  extension?: 'mp4' | 'mov';
  rotation?: 90;
};

const WIDTH = 320;
const HEIGHT = 240;
const STEREO = { rate: 48_000, channels: 2 };
const FASTSTART = '-movflags +faststart';

/** As a phone in bad light: 40 ms, sometimes 20, 60 or 120. */
function unevenTimes(count: number): number[] {
  const times: number[] = [];
  for (let index = 0, at = 0; index < count; index += 1) {
    times.push(at);
    at += index % 17 === 16 ? 0.12 : index % 5 === 4 ? 0.06 : index % 7 === 6 ? 0.02 : 0.04;
  }
  return times;
}

export const STANDARD_KINDS = {
  '24000/1001 with B-frames, index in front': {
    rate: '24000/1001',
    frames: 168,
    picture: '-bf 3 -g 48',
    muxer: FASTSTART,
  },
  '25 fps without B-frames, index at the end': { rate: '25', frames: 150, picture: '-bf 0 -g 50 -profile:v baseline' },
  '60 fps': { rate: '60', frames: 300, picture: '-bf 2 -g 120' },
  'variable frame rate': { rate: unevenTimes(150), frames: 150, picture: '-bf 2 -g 50' },
  '44.1 kHz mono': { rate: '30', frames: 180, picture: '-g 60', sound: { rate: 44_100, channels: 1 } },
  'no edit lists': { rate: '25', frames: 150, picture: '-bf 2 -g 50', muxer: '-use_editlist 0' },
  MOV: { rate: '25', frames: 150, picture: '-bf 2 -g 50', extension: 'mov' },
  'key frames 10.4 s apart': { rate: '24', frames: 600, picture: '-bf 3 -g 250' },
  'no sound': { rate: '25', frames: 150, picture: '-g 50', sound: null, muxer: FASTSTART },
  'turned by 90 degrees': { rate: '25', frames: 150, picture: '-bf 2 -g 50', rotation: 90 },
} as const satisfies Readonly<Record<string, Kind>>;
export type StandardKind = keyof typeof STANDARD_KINDS;

/** Frames a second of those whose rate does not vary. */
export function rateOf(name: StandardKind): number {
  const { rate }: Kind = STANDARD_KINDS[name];
  const [numerator = Number.NaN, denominator = 1] = String(rate).split('/').map(Number);
  return numerator / denominator;
}

async function pictureInput(folder: string, { rate, frames, rotation: turned }: Kind): Promise<string[]> {
  const rotation = turned ?? 0;
  return typeof rate === 'string'
    ? steadyPictures(
        folder,
        Array.from({ length: frames }, (_, number) => number),
        rate,
        rotation,
      )
    : timedPictures(folder, rate, rotation);
}

/** Writes the film below `folder`. Returns its path. Its sound is as long as its picture. */
export async function makeStandardFilm(folder: string, name: StandardKind): Promise<string> {
  const kind: Kind = STANDARD_KINDS[name];
  const { rate, frames, picture = '', sound = STEREO, muxer = '', extension = 'mp4', rotation } = kind;
  const own = await mkdtemp(join(folder, 'film-'));
  const path = join(own, `film.${extension}`);
  const seconds = typeof rate === 'string' ? frames / rateOf(name) : (rate.at(-1) ?? 0) + 0.04;
  const noise = `anoisesrc=sample_rate=${sound?.rate}:amplitude=0.1:seed=1:duration=${seconds}`;
  const variable =
    typeof rate === 'string'
      ? []
      : words('-fps_mode passthrough -enc_time_base:v 1:90000 -video_track_timescale 90000');
  await ffmpeg(
    ...(await pictureInput(own, kind)),
    ...(sound === null ? [] : ['-f', 'lavfi', '-i', noise, ...words(`-c:a aac -ac ${sound.channels}`)]),
    ...['-vf', `scale=${WIDTH}:${HEIGHT}:flags=neighbor,format=yuv420p,setsar=1`],
    ...words('-c:v libx264 -preset veryfast -sc_threshold 0'),
    ...[...words(picture), ...variable, ...(muxer === '' ? [] : words(muxer))],
    path,
  );
  if (rotation !== undefined) {
    await rotate(path, { rotation, width: WIDTH, height: HEIGHT });
  }
  return path;
}
