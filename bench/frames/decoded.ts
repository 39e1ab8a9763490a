/** Decodes the video and sound of a whole file. */
import { ffmpeg } from '../ffmpeg.ts';
import { READ_SIDE, readNumber } from './numbered-picture.ts';

/** `number` is null if the picture is unreadable. `ticks` is its time in the stream's timescale. */
export type DecodedFrame = { number: number | null; ticks: number };

/** All frames of the first video stream, in presentation order. */
export async function decodeFrames(path: string): Promise<DecodedFrame[]> {
  const { stdout, stderr } = await ffmpeg(
    ...['-v', 'info', '-copyts', '-i', path, '-an', '-map', '0:v:0', '-fps_mode', 'passthrough'],
    ...['-vf', `showinfo=checksum=0,scale=${READ_SIDE}:${READ_SIDE}:flags=area,format=gray`, '-f', 'rawvideo', '-'],
  );
  const times = [...stderr.matchAll(/\bn: *\d+ pts: *(-?\d+)/g)].map(([, pts]) => Number(pts));
  const size = READ_SIDE * READ_SIDE;
  const frames = Array.from({ length: Math.floor(stdout.length / size) }, (_, index) =>
    readNumber(stdout.subarray(index * size, (index + 1) * size)),
  );
  if (times.length !== frames.length) {
    throw new Error(`ffmpeg gave ${frames.length} pictures but ${times.length} times`);
  }
  return frames.map((number, index) => ({ number, ticks: times[index] ?? 0 }));
}

/** The first channel at 48 kHz. In our tracks, sample 0 is at time 0. */
export async function decodeSound(path: string): Promise<Float32Array> {
  const { stdout } = await ffmpeg('-v', 'error', '-i', path, '-vn', '-af', 'pan=mono|c0=c0', '-f', 'f32le', '-');
  return Float32Array.from({ length: stdout.length / 4 }, (_, sample) => stdout.readFloatLE(sample * 4));
}

export type TimedSound = {
  sampleRate: number;
  samples: Float32Array;
  /** The decoded pieces in order: the time of the first sample in the file, and its index in `samples`. */
  pieces: readonly { seconds: number; first: number }[];
};

/** The first channel of the first audio stream, with the times in the file. */
export async function decodeTimedSound(path: string): Promise<TimedSound> {
  const { stdout, stderr } = await ffmpeg(
    ...['-v', 'info', '-copyts', '-i', path, '-vn', '-map', '0:a:0'],
    ...['-af', 'ashowinfo,pan=mono|c0=c0', '-f', 'f32le', '-'],
  );
  const samples = Float32Array.from({ length: stdout.length / 4 }, (_, sample) => stdout.readFloatLE(sample * 4));
  const pieces: { seconds: number; first: number }[] = [];
  let first = 0;
  let sampleRate = 0;
  // Uses the ticks of the sample rate, because pts_time has too few decimals.
  for (const [, pts, rate, count] of stderr.matchAll(/\bpts:(-?\d+) .*? rate:(\d+) nb_samples:(\d+)/g)) {
    sampleRate = Number(rate);
    pieces.push({ seconds: Number(pts) / sampleRate, first });
    first += Number(count);
  }
  return { sampleRate, samples, pieces };
}
