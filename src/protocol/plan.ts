/** Plans the encode of a source. Pure. */
import { audioCodecRow } from '../media/codecs/codecs.ts';
import type { X264Preset } from '../media/codecs/presets.ts';
import { type Fraction, fractionSchema, fractionToNumber, reduceFraction } from '../media/fraction.ts';
import { nearestSlot } from '../media/frame-slots.ts';
import { MAX_CHUNKS, MAX_FRAME_RATE } from '../media/limits.ts';
import { planAudioChunks } from './audio-chunks.ts';
import { planAudio } from './audio-plan.ts';
import { planChunks } from './chunk-lengths.ts';
import { pixelsOf, videoCost } from './encode-cost.ts';
import type { EncodeOptions } from './encode-options.ts';
import { chooseLadder } from './ladder.ts';
import { AUDIO_SAMPLE_RATE, type EarlyMode, type EncodePlan, MAX_EARLY_CHUNKS, type VideoPlan } from './plan-schema.ts';
import type { SourceFacts, VideoFacts } from './source-facts.ts';
import { MAX_TASKS_PER_JOB } from './tasks.ts';
import { planTexts } from './text-plan.ts';

/** If nothing is known about the fleet: the smallest machine that anybody encodes on. */
export const DEFAULT_FLEET_CORES = 2;

/** Pictures of slide shows are repeated up to this rate: a GOP needs several frames, and players seek by frames. */
const MIN_FRAME_RATE = 5;

/**
 * The natural rate. Above 60 fps it is the natural rate divided by the smallest whole number that gives at most 60
 * (every n-th frame: 120 → 60, 119.88 → 59.94); below 5 fps it is multiplied by the smallest whole number that gives at
 * least 5.
 */
export function outputFrameRate(natural: Fraction): Fraction {
  const multiplier = Math.ceil(MIN_FRAME_RATE / fractionToNumber(natural));
  if (multiplier > 1) {
    const raised = reduceFraction(natural.num * multiplier, natural.den);
    // No camera has a rate that the schema cannot hold, so the nearest thousandth will do.
    return fractionSchema.safeParse(raised).success
      ? raised
      : reduceFraction(Math.round(fractionToNumber(raised) * 1000), 1000);
  }
  // 60.01 tolerates a container that writes 60 fps as 60.0001.
  const divisor = Math.ceil(fractionToNumber(natural) / (MAX_FRAME_RATE + 0.01));
  return reduceFraction(natural.num, natural.den * Math.max(1, divisor));
}

/** One frame is a whole number of ticks, and a second has at least 1,000 (24 → 24000/1000, 30000/1001). */
export function videoTimescale(rate: Fraction): { timescale: number; frameTicks: number } {
  const factor = rate.num >= 1000 ? 1 : 1000;
  return { timescale: rate.num * factor, frameTicks: rate.den * factor };
}

/** HAS 1.13: an IDR every 2 s. */
const GOP_SECONDS = 2;
/** One presentation entry per 4 s keeps a two-hour film under 400 KB (docs/architecture/storage.md). */
const GOPS_PER_SEGMENT = 2;
/** Players stall before a last segment of a frame or two. 0.5 s, and the AAC frame by which sound may be shorter. */
const SHORTEST_TAIL_SECONDS = 0.5 + audioCodecRow('aac').frameSamples / AUDIO_SAMPLE_RATE;

/**
 * Frames of a GOP: 2 s, or the nearest number that leaves no short last segment. Sound is cut at the same length. No
 * film up to 12 hours needs a change of more than 8 % at 24 to 60 fps, or of a third at 5 to 20 fps.
 */
function chooseGopFrames(frameCount: number, framesPerSecond: number): number {
  const nominal = Math.max(1, Math.round(GOP_SECONDS * framesPerSecond));
  const shortestTail = Math.ceil(SHORTEST_TAIL_SECONDS * framesPerSecond);
  const fits = (gopFrames: number): boolean => {
    const segmentFrames = gopFrames * GOPS_PER_SEGMENT;
    const tail = frameCount % segmentFrames;
    return frameCount <= segmentFrames || tail === 0 || tail >= shortestTail;
  };
  for (let offset = 0; offset <= nominal / 2; offset++) {
    const gopFrames = [nominal + offset, nominal - offset].find(fits);
    if (gopFrames !== undefined) {
      return gopFrames;
    }
  }
  return nominal;
}

/** Frames that are shown while only sound is there. The 1e-6 keeps float noise from adding a frame. */
const framesFor = (seconds: number, framesPerSecond: number): number =>
  Math.max(0, Math.ceil(seconds * framesPerSecond - 1e-6));

/** Output frames from the source's first frame to the end of its last. */
function ownFrameCount(source: VideoFacts, frameRate: Fraction): number {
  const framesPerSecond = fractionToNumber(frameRate);
  const natural = fractionToNumber(source.frameRate);
  if (!source.variableFrameRate && framesPerSecond === natural) {
    return source.frameCount;
  }
  const frameCount = Math.max(1, Math.round(source.durationSeconds * framesPerSecond));
  if (source.lastTicks === undefined || natural > framesPerSecond) {
    return frameCount;
  }
  // The last frame may last for less than a slot. It is shown nevertheless.
  return Math.max(frameCount, nearestSlot(source.lastTicks - source.startTicks, frameRate, source.timeBase) + 1);
}

/** Frames of the film before it is cut, and so many of them before the source's first. */
export function wholeFilm(source: VideoFacts, frameRate: Fraction): { frameCount: number; leadFrames: number } {
  const framesPerSecond = fractionToNumber(frameRate);
  const { leadSeconds = 0, tailSeconds = 0 } = source;
  const leadFrames = framesFor(leadSeconds, framesPerSecond);
  const frameCount = leadFrames + ownFrameCount(source, frameRate) + framesFor(tailSeconds, framesPerSecond);
  return { frameCount, leadFrames };
}

/** Nothing of the film lies between `start` and `end`. */
export class EmptyRange extends Error {}

type Range = Pick<EncodeOptions, 'start' | 'end'>;

/** The part that is encoded, cut at the nearest frames. Throws EmptyRange. */
function cutFilm(source: VideoFacts, frameRate: Fraction, { start = 0, end }: Range) {
  const whole = wholeFilm(source, frameRate);
  const framesPerSecond = fractionToNumber(frameRate);
  const first = Math.round(start * framesPerSecond);
  const last = end === undefined ? whole.frameCount : Math.min(whole.frameCount, Math.round(end * framesPerSecond));
  if (last <= first) {
    const seconds = (whole.frameCount / framesPerSecond).toFixed(3);
    throw new EmptyRange(`The film lasts ${seconds} s: nothing of it lies from ${start} s to ${end ?? seconds} s`);
  }
  return { frameCount: last - first, leadFrames: whole.leadFrames - first };
}

function planVideo({ video: source }: SourceFacts, preset: X264Preset, range: Range): VideoPlan {
  const frameRate = outputFrameRate(source.frameRate);
  const framesPerSecond = fractionToNumber(frameRate);
  const { frameCount, leadFrames } = cutFilm(source, frameRate, range);
  const gopFrames = chooseGopFrames(frameCount, framesPerSecond);
  return {
    source,
    preset,
    frameRate,
    ...videoTimescale(frameRate),
    frameCount,
    ...(leadFrames === 0 ? {} : { leadFrames }),
    gopFrames,
    segmentFrames: gopFrames * GOPS_PER_SEGMENT,
    renditions: chooseLadder(source.displayWidth, source.displayHeight, framesPerSecond),
  };
}

/** Good enough to watch until a better one is there. A larger one would take longer to be ready. */
const MAX_SHORT_SIDE = 480;
/** Share of the ladder's pixels. 480p of a ladder up to 1080p has 0.10. */
const MAX_SHARE = 0.125;
/** A film that is complete in ten minutes is early enough. */
const WORTH_WALL_SECONDS = 600;
/** A small machine gets the plan that costs no more than one plain ffmpeg command. */
const MIN_FLEET_CORES = 4;
/** The second decode may cost this share of the whole. 8K into 240p alone, for example, costs more. */
const MAX_EXTRA_COST = 0.15;

/** The largest rendition that is small enough in size and share; else the smallest. */
function earlyTrackOf({ renditions }: VideoPlan): string | null {
  const all = renditions.reduce((sum, rendition) => sum + pixelsOf(rendition), 0);
  // The ladder ascends.
  const fitting = renditions.findLast(
    (rendition) =>
      Math.min(rendition.width, rendition.height) <= MAX_SHORT_SIDE && pixelsOf(rendition) <= MAX_SHARE * all,
  );
  return (fitting ?? renditions[0])?.track ?? null;
}

/**
 * The rendition, if any, that is encoded for the whole film before the others, so that the asset plays long before it
 * is complete. It costs one more decode of the source. `auto`: where the film is long for the fleet and the price is
 * small.
 */
function chooseEarly(video: VideoPlan, fleetCores: number, mode: EarlyMode): string | null {
  if (mode === 'off' || video.renditions.length < 2) {
    return null;
  }
  const coreSeconds = videoCost(video, video.frameCount);
  const decodeSeconds = videoCost({ ...video, renditions: [] }, video.frameCount);
  const isWorthIt =
    fleetCores >= MIN_FLEET_CORES &&
    coreSeconds / fleetCores >= WORTH_WALL_SECONDS &&
    decodeSeconds <= MAX_EXTRA_COST * coreSeconds;
  return mode === 'on' || isWorthIt ? earlyTrackOf(video) : null;
}

/** The plan's video with the renditions that the tasks of `early` encode, and with those of `chunks`. */
export const earlyVideo = (video: VideoPlan, earlyTrack: string | null): VideoPlan => ({
  ...video,
  renditions: video.renditions.filter(({ track }) => track === earlyTrack),
});
export const laterVideo = (video: VideoPlan, earlyTrack: string | null): VideoPlan => ({
  ...video,
  renditions: video.renditions.filter(({ track }) => track !== earlyTrack),
});

export type PlanOptions = EncodeOptions & {
  preset: X264Preset;
  /** Segments per chunk; `auto`: from the film's length, its cost and the fleet. */
  chunkSegments?: number | 'auto';
  /** Cores of all encoders together. */
  fleetCores?: number;
  early?: EarlyMode;
};

/** The inspection and the texts. */
const OTHER_TASKS = 2;

/** Plans the whole encode of a source. Throws RangeError where no level of the codec fits, and EmptyRange. */
export function planEncode(facts: SourceFacts, options: PlanOptions): EncodePlan {
  const { preset, chunkSegments = 'auto', fleetCores = DEFAULT_FLEET_CORES, early: mode = 'auto' } = options;
  const video = planVideo(facts, preset, options);
  const { frameCount, frameTicks, timescale, segmentFrames } = video;
  const texts = planTexts(facts.texts ?? []);
  const secondsOf = (frames: number): number => (frames * frameTicks) / timescale;
  const audio = planAudio(facts.audio, secondsOf(frameCount), secondsOf(segmentFrames), options.audio);
  const audioChunks = planAudioChunks(audio, videoCost(video, frameCount), fleetCores);
  const audioTasks = audio.reduce((sum, { track }) => sum + (audioChunks?.[track]?.length ?? 1), 0);
  const mostChunks = Math.min(MAX_CHUNKS, MAX_TASKS_PER_JOB - OTHER_TASKS - audioTasks);
  const track = chooseEarly(video, fleetCores, mode);
  const chunksOf = (part: VideoPlan, maxChunks: number) => planChunks(part, chunkSegments, fleetCores, maxChunks);
  const early = track === null ? null : { track, chunks: chunksOf(earlyVideo(video, track), MAX_EARLY_CHUNKS) };
  return {
    schema: 1,
    video,
    audio,
    ...(audioChunks === undefined ? {} : { audioChunks }),
    ...(texts.length === 0 ? {} : { texts }),
    early,
    chunks: chunksOf(laterVideo(video, track), mostChunks - (early === null ? 0 : MAX_EARLY_CHUNKS)),
  };
}
