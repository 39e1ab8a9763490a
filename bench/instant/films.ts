/**
 * Makes standard films of any length quickly: 16 seconds are encoded, and repeated as they are. 16 s are whole numbers of
 * frames of the picture (24 fps), of key frames, and of frames of AAC at 48 kHz, so every joint is exact.
 */
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ffmpeg } from '../ffmpeg.ts';

export type FilmOrder = {
  seconds: number;
  kilobitsPerSecond: number;
  /** Between key frames: 2, 4 or 8. */
  gopSeconds: number;
  width: number;
  height: number;
  /** Else the index stands behind the media data. */
  indexInFront: boolean;
};

/** As most cameras and editors write them: 720p, 2 Mb/s. */
export const USUAL = { kilobitsPerSecond: 2000, gopSeconds: 2, width: 1280, height: 720 } as const;

const CLIP_SECONDS = 16;
const FRAMES_PER_SECOND = 24;
const SAMPLE_RATE = 48_000;
/** Samples of an AAC frame. */
const AAC_SAMPLES = 1024;
const AUDIO_KILOBITS = 128;

const say = ['-v', 'error'];

/** Encodes the repeated part once. Noise, because nothing else fills a bit rate. */
async function makeClip(folder: string, order: FilmOrder): Promise<{ picture: string; sound: string }> {
  const { kilobitsPerSecond, gopSeconds, width, height } = order;
  const picture = join(folder, `clip-${width}x${height}-${kilobitsPerSecond}-${gopSeconds}.mp4`);
  const sound = join(folder, 'clip.aac');
  const gop = String(gopSeconds * FRAMES_PER_SECOND);
  const kilobits = Math.max(16, kilobitsPerSecond - AUDIO_KILOBITS);
  const rate = ['-b:v', `${kilobits}k`, '-maxrate', `${kilobits}k`, '-bufsize', `${kilobits}k`];
  if (!existsSync(picture)) {
    const frames = `testsrc2=size=${width}x${height}:rate=${FRAMES_PER_SECOND}:duration=${CLIP_SECONDS},noise=alls=30:allf=t`;
    const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-pix_fmt', 'yuv420p', ...rate];
    const keys = ['-g', gop, '-keyint_min', gop, '-sc_threshold', '0'];
    await ffmpeg(...say, '-f', 'lavfi', '-i', frames, ...coding, ...keys, picture);
  }
  if (!existsSync(sound)) {
    const noise = `anoisesrc=sample_rate=${SAMPLE_RATE}:amplitude=0.1:seed=1:duration=${CLIP_SECONDS}`;
    const coding = ['-ac', '2', '-c:a', 'aac', '-b:a', `${AUDIO_KILOBITS}k`];
    await ffmpeg(...say, '-f', 'lavfi', '-i', noise, ...coding, '-frames:a', String(audioFrames(CLIP_SECONDS)), sound);
  }
  return { picture, sound };
}

const audioFrames = (seconds: number): number => Math.floor((seconds * SAMPLE_RATE) / AAC_SAMPLES);

/** Writes a film into `folder`, under a name that tells the order. Returns its path. */
export async function makeFilm(folder: string, order: FilmOrder): Promise<string> {
  const { seconds, kilobitsPerSecond, width, indexInFront } = order;
  const { picture, sound } = await makeClip(folder, order);
  const path = join(folder, `film-${seconds}s-${width}-${kilobitsPerSecond}k-${indexInFront ? 'front' : 'end'}.mp4`);
  const clips = Math.ceil(seconds / CLIP_SECONDS);
  const frames = ['-frames:v', String(seconds * FRAMES_PER_SECOND), '-frames:a', String(audioFrames(seconds))];
  const flags = indexInFront ? ['-movflags', '+faststart'] : [];
  // ADTS, which may be joined byte by byte: of other sound, ffmpeg 5.1 loses a frame's time at each repetition.
  const joined = `concat:${Array.from({ length: clips }, () => sound).join('|')}`;
  const inputs = ['-stream_loop', String(clips), '-i', picture, '-i', joined];
  await ffmpeg(...say, ...inputs, '-map', '0:v', '-map', '1:a', '-c', 'copy', ...frames, ...flags, path);
  return path;
}

/** The payload and all of the moov box of a file. */
export async function readMovie(path: string): Promise<{ moov: Buffer<ArrayBuffer>; sizeBytes: number }> {
  const file = await open(path);
  try {
    const { size: sizeBytes } = await file.stat();
    for (let offset = 0; offset < sizeBytes; ) {
      const { buffer: head } = await file.read({ buffer: Buffer.alloc(16), position: offset });
      const size = head.readUInt32BE(0) === 1 ? Number(head.readBigUInt64BE(8)) : head.readUInt32BE(0);
      if (head.toString('latin1', 4, 8) === 'moov') {
        const { buffer: moov } = await file.read({ buffer: Buffer.alloc(size), position: offset });
        return { moov, sizeBytes };
      }
      offset += Math.max(size, 8);
    }
    throw new Error(`${path} has no moov`);
  } finally {
    await file.close();
  }
}
