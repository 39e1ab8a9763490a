/** What one random source is like. Pure: the same seed gives the same case. */
import type { Fraction } from '../../src/media/fraction.ts';
import { seededRandom } from '../replay.ts';
import type { Rotation } from './numbered-picture.ts';

const VIDEO_CODECS = ['h264', 'hevc', 'mpeg2', 'vp9', 'mpeg4'] as const;
type VideoCodec = (typeof VIDEO_CODECS)[number];
type Container = 'mp4' | 'mov' | 'mkv' | 'ts' | 'webm';
type AudioCodec = 'aac' | 'ac3' | 'mp2' | 'pcm_s16le' | 'flac' | 'libopus';

/** How the times of a variable rate come about. */
const UNSTEADY = ['jitter', 'drops', 'switches', 'pause', 'slides'] as const;
type Unsteady = (typeof UNSTEADY)[number];

export type SourceCase = {
  seed: number;
  container: Container;
  codec: VideoCodec;
  /** The constant rate, or how it varies. */
  rate: Fraction | Unsteady;
  /** When each frame is to be shown, in seconds, ascending from 0. A constant rate's are exact but for float noise. */
  times: readonly number[];
  width: number;
  height: number;
  rotation: Rotation;
  gopFrames: number;
  bFrames: number;
  openGop: boolean;
  /** Added to every time of the file. */
  startSeconds: number;
  videoDelaySeconds: number;
  audio: { codec: AudioCodec; sampleRate: number; seconds: number; delaySeconds: number } | null;
  /** The file is a part of a longer one, copied from here on without encoding: edit lists, pictures that lack references. */
  cutSeconds: number | null;
  chunkSegments: number;
  /** Segments in place of the plan's 4 s, so that chunks meet at many odd places; null: the plan's own. */
  segmentFrames: number | null;
};

const RATES: readonly Fraction[] = [
  ...[24_000, 30_000, 60_000].map((num) => ({ num, den: 1001 })),
  ...[24, 25, 30, 50, 60].map((num) => ({ num, den: 1 })),
];
const HIGH_RATES: readonly Fraction[] = [
  { num: 120, den: 1 },
  { num: 120_000, den: 1001 },
  { num: 100, den: 1 },
];
const SIZES = [
  [160, 90],
  [192, 108],
  [256, 144],
  [320, 180],
  [318, 178],
] as const;
/** These have two renditions, so that the picture is split and scaled. */
const LARGE_SIZE = [640, 360] as const;

const CONTAINERS: Readonly<Record<VideoCodec, readonly Container[]>> = {
  h264: ['mp4', 'mov', 'mkv', 'ts'],
  hevc: ['mp4', 'mov', 'mkv', 'ts'],
  mpeg2: ['ts', 'mkv'],
  vp9: ['webm', 'mkv', 'mp4'],
  mpeg4: ['mp4', 'mkv', 'mov'],
};
const SOUNDS: Readonly<Record<Container, readonly AudioCodec[]>> = {
  mp4: ['aac', 'aac', 'ac3'],
  mov: ['aac', 'pcm_s16le'],
  mkv: ['aac', 'pcm_s16le', 'flac', 'ac3', 'mp2'],
  ts: ['aac', 'mp2', 'ac3'],
  webm: ['libopus'],
};
/** A transport stream's clock has 33 bits: it starts again at 0 after 26.5 hours, here in the middle of the file. */
const WRAP_SECONDS = 2 ** 33 / 90_000;

type Dice = {
  chance: (share: number) => boolean;
  between: (least: number, most: number) => number;
  whole: (least: number, most: number) => number;
  one: <T>(values: readonly T[]) => T;
};

function diceOf(seed: number): Dice {
  const random = seededRandom(seed);
  const between = (least: number, most: number): number => least + random() * (most - least);
  const whole = (least: number, most: number): number => Math.floor(between(least, most + 1));
  return {
    chance: (share) => random() < share,
    between,
    whole,
    one: <T>(values: readonly T[]): T => values[whole(0, values.length - 1)] as T,
  };
}

function steadyTimes(rate: Fraction, seconds: number): number[] {
  const count = Math.max(1, Math.round((seconds * rate.num) / rate.den));
  return Array.from({ length: count }, (_, index) => (index * rate.den) / rate.num);
}

/** The distance to the next frame, one after another. */
function* unsteadyGaps(kind: Unsteady, dice: Dice): Generator<number> {
  const pauseAt = dice.whole(20, 90);
  let rate = dice.one([24, 30, 60]);
  for (let frame = 0; ; frame++) {
    if (kind === 'switches' && frame % 50 === 49) {
      rate = dice.one([15, 24, 30, 50, 60]);
    }
    if (kind === 'slides') {
      yield dice.between(0.25, 2);
    } else if (kind === 'jitter') {
      yield dice.between(0.3, 1.7) / rate;
    } else if (kind === 'drops') {
      yield (dice.chance(0.15) ? dice.whole(2, 4) : 1) / rate;
    } else {
      yield kind === 'pause' && frame === pauseAt ? dice.between(1, 3) : 1 / rate;
    }
  }
}

function unsteadyTimes(kind: Unsteady, seconds: number, dice: Dice): number[] {
  const times = [0];
  let time = 0;
  for (const gap of unsteadyGaps(kind, dice)) {
    time += gap;
    if (time >= seconds) {
      break;
    }
    // Whole milliseconds: what every container here can write.
    times.push(Math.round(time * 1000) / 1000);
  }
  return times;
}

/** MPEG-2 names eight rates only, and MPEG-4 part 2 counts a second's ticks in 16 bits. */
function chooseRate(codec: VideoCodec, dice: Dice): Fraction | Unsteady {
  if (codec !== 'mpeg2' && codec !== 'mpeg4') {
    if (dice.chance(0.2)) {
      return dice.one(UNSTEADY);
    }
    if (dice.chance(0.1)) {
      return dice.one(HIGH_RATES);
    }
  }
  return dice.one(RATES);
}

function chooseSound(container: Container, seconds: number, dice: Dice): SourceCase['audio'] {
  const codec = dice.one(SOUNDS[container]);
  return {
    codec,
    sampleRate: codec === 'libopus' ? 48_000 : dice.one([48_000, 48_000, 44_100]),
    seconds: Math.max(2.5, seconds + (dice.chance(0.5) ? dice.between(-1.5, 1.5) : 0)),
    delaySeconds: dice.chance(0.3) ? dice.between(0.01, 0.7) : 0,
  };
}

function chooseStart(container: Container, dice: Dice): number {
  if (container === 'ts' && dice.chance(0.2)) {
    return WRAP_SECONDS - dice.between(0.5, 4);
  }
  return (container === 'ts' || container === 'mkv') && dice.chance(0.4) ? dice.between(0.1, 5000) : 0;
}

export function makeCase(seed: number): SourceCase {
  const dice = diceOf(seed);
  const codec = dice.one(['h264', 'h264', 'h264', 'h264', ...VIDEO_CODECS] as const);
  const container = dice.one(CONTAINERS[codec]);
  const rate = chooseRate(codec, dice);
  const isHigh = typeof rate === 'object' && rate.num / rate.den > 60;
  const seconds = dice.between(3, isHigh ? 6 : 12);
  const times = typeof rate === 'object' ? steadyTimes(rate, seconds) : unsteadyTimes(rate, seconds, dice);
  const isLarge = !isHigh && seconds < 6 && dice.chance(0.3);
  const [width, height] = isLarge ? LARGE_SIZE : dice.one(SIZES);
  const cutSeconds = seconds > 5 && dice.chance(0.25) ? dice.between(0.5, seconds - 3) : null;
  // Behind a cut there has to be something to begin with.
  const framesKept = times.filter((time) => time > (cutSeconds ?? 0)).length;
  const gopFrames = Math.min(dice.whole(10, 250), cutSeconds === null ? 250 : Math.max(2, Math.floor(framesKept / 2)));
  const sideways = container === 'mp4' || container === 'mov';
  return {
    ...{ seed, container, codec, rate, times, width, height },
    rotation: sideways && dice.chance(0.2) ? dice.one([90, 180, 270] as const) : 0,
    gopFrames,
    bFrames: codec === 'mpeg2' || codec === 'mpeg4' ? dice.whole(0, 2) : dice.whole(0, 4),
    openGop: dice.chance(0.5),
    startSeconds: chooseStart(container, dice),
    // Whole frames: encoders count in them.
    videoDelaySeconds: dice.chance(0.2) ? (times[dice.whole(1, Math.min(40, times.length - 1))] ?? 0) : 0,
    audio: dice.chance(0.9) ? chooseSound(container, seconds, dice) : null,
    cutSeconds,
    chunkSegments: dice.whole(1, 3),
    segmentFrames: dice.chance(0.6)
      ? dice.whole(Math.ceil(times.length / 12) + 1, Math.ceil(times.length / 4) + 1)
      : null,
  };
}

/** One line: everything but the times. */
export function describeCase({ times, ...rest }: SourceCase): string {
  return JSON.stringify({ ...rest, frames: times.length });
}
