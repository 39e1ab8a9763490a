/**
 * The model of a fleet: a film, encoders of unequal speed, their faults, and how their time was spent. Pure. Work is in
 * core-seconds of src/protocol/encode-cost.ts, times are in model seconds.
 */

import { audioCost, videoCost } from '../../src/protocol/encode-cost.ts';
import { planEncode } from '../../src/protocol/plan.ts';
import type { SourceFacts } from '../../src/protocol/source-facts.ts';
import { costOf, type TaskInput } from '../../src/protocol/task-kinds.ts';
import { audioFacts, sourceFacts } from '../../test/src/protocol/fixture.ts';

export const ENCODER_CORES = 2;
/** Before a chunk ffmpeg starts and decodes a second; after it come hashing, packaging and upload. In model seconds. */
export const BEFORE_SECONDS = 0.5;
export const AFTER_SECONDS = 1;
export const PRESET = 'medium';
/** The speeds of the slowest and the fastest encoder, before they are scaled to a mean of 1. */
const SLOWEST = 0.5;
const FASTEST = 2;
/** The frame rate of the fixture. */
const FRAMES_PER_SECOND = 24;

/** One fleet in virtual time (bench/fleet/worker). */
export type Simulation = {
  encoders: number;
  filmSeconds: number;
  /** How long one encoder takes for the film. */
  jobSeconds: number;
  seed: number;
  isRuleOn: boolean;
  /** Of the film: none, encoded whole, or in parts. */
  sound: 'none' | 'whole' | 'parts';
};

/** Log-uniform, like machines of several generations. The mean is 1, so a fleet of n does the work of n encoders. */
export function drawSpeeds(count: number, random: () => number): number[] {
  const drawn = Array.from({ length: count }, () => SLOWEST * (FASTEST / SLOWEST) ** random());
  const mean = drawn.reduce((sum, speed) => sum + speed, 0) / count;
  return drawn.map((speed) => speed / mean);
}

const film = (seconds: number, picture: Picture, hasSound = true): SourceFacts =>
  sourceFacts(
    { ...picture, frameCount: seconds * FRAMES_PER_SECOND, durationSeconds: seconds },
    hasSound ? [audioFacts()] : [],
  );

type Picture = { codedWidth: number; codedHeight: number; displayWidth: number; displayHeight: number };

/** The film that is modelled: 1080p with six renditions. */
export const fullFilm = (seconds: number): SourceFacts =>
  film(seconds, { codedWidth: 1920, codedHeight: 1080, displayWidth: 1920, displayHeight: 1080 });

/**
 * The film that is encoded: a single 240p rendition, so that the local bucket can take the segments fast enough.
 * Decoding its large picture costs as much as the whole ladder of `fullFilm`, so its plan and its tasks have the same
 * weight.
 */
export const thinFilm = (seconds: number, hasSound = true): SourceFacts =>
  film(seconds, { codedWidth: 7_696, codedHeight: 6_772, displayWidth: 426, displayHeight: 240 }, hasSound);

/** An inspection reads the index of the file, which takes a few seconds however long the film is. */
const INSPECT_CORE_SECONDS = 2;

/** The core-seconds of one task. */
export const taskCost = (input: TaskInput): number =>
  input.kind === 'inspect' || input.kind === 'inspect_sound' ? INSPECT_CORE_SECONDS : costOf(input);

/** The core-seconds of all tasks of a film. */
export function filmCost(facts: SourceFacts): number {
  const { video, audio } = planEncode(facts, { preset: PRESET, early: 'off' });
  const sound = audio.reduce((sum, track) => sum + audioCost(track), 0);
  return videoCost(video, video.frameCount) + sound;
}

export type Fault =
  /** The process dies; after `backSeconds` another replaces it. */
  | { kind: 'death'; encoder: number; atSeconds: number; backSeconds: number | null }
  /** The network is cut in both directions. */
  | { kind: 'cut'; encoder: number; atSeconds: number; seconds: number };

const DEATH_SHARE = 0.04;
const CUT_SHARE = 0.1;
const BACK_SECONDS = 20;
/** Shorter than a lease of 30 s. One cut in five is longer and costs the encoder its task. */
const SHORT_CUT_SECONDS = 15;
const LONG_CUT_SECONDS = 45;

/** Each fault hits another encoder, in the first four fifths of the expected time. */
export function drawFaults(encoders: number, filmSeconds: number, random: () => number): Fault[] {
  const order = Array.from({ length: encoders }, (_, encoder) => ({ encoder, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ encoder }) => encoder);
  const deaths = Math.ceil(encoders * DEATH_SHARE);
  const cuts = Math.ceil(encoders * CUT_SHARE);
  return order.slice(0, deaths + cuts).map((encoder, index): Fault => {
    const atSeconds = (0.05 + 0.75 * random()) * filmSeconds;
    return index < deaths
      ? { kind: 'death', encoder, atSeconds, backSeconds: index % 2 === 0 ? BACK_SECONDS : null }
      : {
          kind: 'cut',
          encoder,
          atSeconds,
          seconds: (index - deaths) % 5 === 4 ? LONG_CUT_SECONDS : SHORT_CUT_SECONDS,
        };
  });
}

/** The life of an encoder: its start, its death (or Infinity), and when how many of its cores were busy. */
export type Timeline = {
  speed: number;
  bornAt: number;
  diedAt: number;
  busy: readonly { from: number; to: number; cores: number }[];
};

export type Moments = {
  /** When the asset was posted, the first chunk was leased, the last task ended, and the asset was ready. */
  posted: number;
  planned: number;
  lastEnd: number;
  ready: number;
};

/** In core-seconds at speed 1. `capacity` is what the encoders could have done while they lived. */
export type Spent = { capacity: number; start: number; between: number; tail: number; publish: number };

/**
 * The idle time by cause: before there were chunks, between tasks, after an encoder's last task, and after all tasks.
 */
export function idleOf(timelines: readonly Timeline[], moments: Moments): Spent {
  const spent: Spent = { capacity: 0, start: 0, between: 0, tail: 0, publish: 0 };
  for (const { speed, bornAt, diedAt, busy } of timelines) {
    const idleWithin = (from: number, to: number): number => {
      const [begin, end] = [Math.max(from, bornAt), Math.min(to, diedAt)];
      if (end <= begin) {
        return 0;
      }
      const used = busy.reduce(
        (sum, part) => sum + part.cores * Math.max(0, Math.min(part.to, end) - Math.max(part.from, begin)),
        0,
      );
      return speed * (ENCODER_CORES * (end - begin) - used);
    };
    const { posted, planned, lastEnd, ready } = moments;
    const ownEnd = Math.min(lastEnd, Math.max(planned, ...busy.map(({ to }) => to)));
    const life = Math.max(0, Math.min(ready, diedAt) - Math.max(posted, bornAt));
    spent.capacity += speed * ENCODER_CORES * life;
    spent.start += idleWithin(posted, planned);
    spent.between += idleWithin(planned, ownEnd);
    spent.tail += idleWithin(ownEnd, lastEnd);
    spent.publish += idleWithin(lastEnd, ready);
  }
  return spent;
}

/** The mean rate over the whole time, and the peak in any window of one second. `times` are in real seconds. */
export function rates(times: readonly number[], seconds: number): { mean: number; peak: number } {
  const sorted = times.toSorted((a, b) => a - b);
  let first = 0;
  let peak = 0;
  for (const [index, time] of sorted.entries()) {
    while ((sorted[first] ?? time) <= time - 1) {
      first += 1;
    }
    peak = Math.max(peak, index - first + 1);
  }
  return { mean: sorted.length / seconds, peak };
}
