/** The properties of a random source. Pure: the same seed gives the same case. */
import type { Fraction } from '../../src/media/fraction.ts';
import { Random } from '../random.ts';
import type { Rotation } from './numbered-picture.ts';

const VIDEO_CODECS = ['h264', 'hevc', 'mpeg2', 'vp9', 'mpeg4'] as const;
type VideoCodec = (typeof VIDEO_CODECS)[number];
type Container = 'mp4' | 'mov' | 'mkv' | 'ts' | 'webm';
type AudioCodec = 'aac' | 'ac3' | 'mp2' | 'pcm_s16le' | 'flac' | 'libopus';

/** The kinds of variable rates. */
const UNSTEADY = ['jitter', 'drops', 'switches', 'pause', 'slides'] as const;
type Unsteady = (typeof UNSTEADY)[number];

export type SourceCase = {
  seed: number;
  container: Container;
  codec: VideoCodec;
  /** The constant rate, or how it varies. */
  rate: Fraction | Unsteady;
  /**
   * When each frame is shown, in seconds, ascending from 0. At a constant rate they are exact except for float errors.
   */
  times: readonly number[];
  width: number;
  height: number;
  rotation: Rotation;
  gopFrames: number;
  bFrames: number;
  openGop: boolean;
  /** Added to all times in the file. */
  startSeconds: number;
  videoDelaySeconds: number;
  audio: { codec: AudioCodec; sampleRate: number; seconds: number; delaySeconds: number } | null;
  /** The file is copied from a longer one from this time on, without encoding: it may lack reference frames. */
  cutSeconds: number | null;
  chunkSegments: number;
  /** A segment length other than the plan's 4 s, so that chunks meet at unusual places. Null: that of the plan. */
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
/** A source of this size has two renditions, so the video is split and scaled. */
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
/** The 33-bit clock of a transport stream wraps after 26.5 hours, here in the middle of the file. */
const WRAP_SECONDS = 2 ** 33 / 90_000;

function steadyTimes(rate: Fraction, seconds: number): number[] {
  const count = Math.max(1, Math.round((seconds * rate.num) / rate.den));
  return Array.from({ length: count }, (_, index) => (index * rate.den) / rate.num);
}

/** Yields the time from each frame to the next. */
function* unsteadyGaps(kind: Unsteady, random: Random): Generator<number> {
  const pauseAt = random.whole(20, 90);
  let rate: number = random.pick([24, 30, 60]);
  for (let frame = 0; ; frame++) {
    if (kind === 'switches' && frame % 50 === 49) {
      rate = random.pick([15, 24, 30, 50, 60]);
    }
    if (kind === 'slides') {
      yield random.between(0.25, 2);
    } else if (kind === 'jitter') {
      yield random.between(0.3, 1.7) / rate;
    } else if (kind === 'drops') {
      yield (random.chance(0.15) ? random.whole(2, 4) : 1) / rate;
    } else {
      yield kind === 'pause' && frame === pauseAt ? random.between(1, 3) : 1 / rate;
    }
  }
}

function unsteadyTimes(kind: Unsteady, seconds: number, random: Random): number[] {
  const times = [0];
  let time = 0;
  for (const gap of unsteadyGaps(kind, random)) {
    time += gap;
    if (time >= seconds) {
      break;
    }
    // Whole milliseconds, which every container can store.
    times.push(Math.round(time * 1000) / 1000);
  }
  return times;
}

/** MPEG-2 supports only eight rates, and MPEG-4 part 2 has 16 bits for the ticks per second. */
function chooseRate(codec: VideoCodec, random: Random): Fraction | Unsteady {
  if (codec !== 'mpeg2' && codec !== 'mpeg4') {
    if (random.chance(0.2)) {
      return random.pick(UNSTEADY);
    }
    if (random.chance(0.1)) {
      return random.pick(HIGH_RATES);
    }
  }
  return random.pick(RATES);
}

function chooseSound(container: Container, seconds: number, random: Random): SourceCase['audio'] {
  const codec = random.pick(SOUNDS[container]);
  return {
    codec,
    sampleRate: codec === 'libopus' ? 48_000 : random.pick([48_000, 48_000, 44_100]),
    seconds: Math.max(2.5, seconds + (random.chance(0.5) ? random.between(-1.5, 1.5) : 0)),
    delaySeconds: random.chance(0.3) ? random.between(0.01, 0.7) : 0,
  };
}

function chooseStart(container: Container, random: Random): number {
  if (container === 'ts' && random.chance(0.2)) {
    return WRAP_SECONDS - random.between(0.5, 4);
  }
  return (container === 'ts' || container === 'mkv') && random.chance(0.4) ? random.between(0.1, 5000) : 0;
}

export function makeCase(seed: number): SourceCase {
  const random = new Random(seed);
  const codec = random.pick(['h264', 'h264', 'h264', 'h264', ...VIDEO_CODECS] as const);
  const container = random.pick(CONTAINERS[codec]);
  const rate = chooseRate(codec, random);
  const isHigh = typeof rate === 'object' && rate.num / rate.den > 60;
  const seconds = random.between(3, isHigh ? 6 : 12);
  const times = typeof rate === 'object' ? steadyTimes(rate, seconds) : unsteadyTimes(rate, seconds, random);
  const isLarge = !isHigh && seconds < 6 && random.chance(0.3);
  const [width, height] = isLarge ? LARGE_SIZE : random.pick(SIZES);
  const cutSeconds = seconds > 5 && random.chance(0.25) ? random.between(0.5, seconds - 3) : null;
  // After a cut there must be a key frame.
  const framesKept = times.filter((time) => time > (cutSeconds ?? 0)).length;
  const gopFrames = Math.min(
    random.whole(10, 250),
    cutSeconds === null ? 250 : Math.max(2, Math.floor(framesKept / 2)),
  );
  const sideways = container === 'mp4' || container === 'mov';
  return {
    ...{ seed, container, codec, rate, times, width, height },
    rotation: sideways && random.chance(0.2) ? random.pick([90, 180, 270] as const) : 0,
    gopFrames,
    bFrames: codec === 'mpeg2' || codec === 'mpeg4' ? random.whole(0, 2) : random.whole(0, 4),
    openGop: random.chance(0.5),
    startSeconds: chooseStart(container, random),
    // Whole frames, because encoders count in frames.
    videoDelaySeconds: random.chance(0.2) ? (times[random.whole(1, Math.min(40, times.length - 1))] ?? 0) : 0,
    audio: random.chance(0.9) ? chooseSound(container, seconds, random) : null,
    cutSeconds,
    chunkSegments: random.whole(1, 3),
    segmentFrames: random.chance(0.6)
      ? random.whole(Math.ceil(times.length / 12) + 1, Math.ceil(times.length / 4) + 1)
      : null,
  };
}

/** Describes a case in one line, without its times. */
export function describeCase({ times, ...rest }: SourceCase): string {
  return JSON.stringify({ ...rest, frames: times.length });
}
