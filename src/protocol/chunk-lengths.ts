/** Cuts a film into chunks of whole segments, bounded in length and number. Pure arithmetic. */
import { videoCost } from './encode-cost.ts';
import type { Chunk, VideoPlan } from './plan-schema.ts';

/** 64 s: starting ffmpeg and decoding a second before the chunk cost about 1 %. It bounds what a lost encoder costs. */
const LONGEST_CHUNK_SEGMENTS = 16;
/** Ten minutes of two cores, e.g. of 4K at `slow`: the work that is done twice when an encoder is lost. */
const LONGEST_CHUNK_CORE_SECONDS = 1_200;
/** Four seconds of two cores: up to a second, which a task costs beside its work, is then a small part. */
const SHORTEST_CHUNK_CORE_SECONDS = 8;
/** One chunk task keeps about two cores busy: decode, scale and several x264 at once (bench/encode.ts). */
const CORES_PER_TASK = 2;

/**
 * Share of the remaining film that a round hands out. With half, as in Factoring, a slot of less than half the mean
 * speed is still at its first chunk when all others have ended. Share of the ideal for two hours on slots whose speeds
 * differ by four times, with the board's rule for the last tasks: 0.95 instead of 0.93 on 100 slots, 0.91 instead of
 * 0.83 on 200.
 */
const ROUND_SHARE = 0.4;

type ChunkBounds = {
  /** Tasks that the fleet does at once. */
  slots: number;
  /** No chunk is shorter but the last. */
  shortest: number;
  /** No chunk is longer, unless there would be more than `maxChunks`. */
  longest: number;
  maxChunks: number;
};

/** Chunks of at most `longest`, as equal as whole segments allow, so that no short last one costs a start of its own. */
function equalLengths(segmentCount: number, longest: number): number[] {
  const count = Math.ceil(segmentCount / longest);
  const startOf = (index: number): number => Math.floor((index * segmentCount) / count);
  return Array.from({ length: count }, (_, index) => startOf(index + 1) - startOf(index));
}

/**
 * Each round gives every slot an equal part of a share of the remaining film, so that lengths fall from round to round.
 * Nearly all of the film goes in long chunks, which cost little beside their work; short ones at the end let slow and
 * fast encoders finish together (Hummel, Schonberg, Flynn: Factoring, 1992). With rounds of half, two hours on 100
 * slots whose speeds differ by up to three times take 500 tasks instead of 900 and 6 % less time than equal chunks of
 * the best length.
 */
function fallingLengths(segmentCount: number, { slots, shortest, longest }: ChunkBounds): number[] {
  const lengths: number[] = [];
  let left = segmentCount;
  while (left > 0) {
    const share = Math.ceil((left * ROUND_SHARE) / slots);
    const length = Math.max(shortest, Math.min(longest, share));
    for (let slot = 0; slot < slots && left > 0; slot++) {
      lengths.push(Math.min(length, left));
      left -= length;
    }
  }
  return lengths;
}

/** A fleet of one slot gets as few chunks as possible: each costs a start, and there is nobody to share them with. */
function chunkLengths(segmentCount: number, bounds: ChunkBounds): number[] {
  const leastLongest = Math.ceil(segmentCount / bounds.maxChunks);
  const longest = Math.max(bounds.longest, leastLongest);
  if (bounds.slots <= 1) {
    return equalLengths(segmentCount, longest);
  }
  // Ends at the latest where every chunk is at least the film's share of `maxChunks`.
  for (let shortest = bounds.shortest; ; shortest++) {
    const lengths = fallingLengths(segmentCount, { ...bounds, shortest, longest });
    if (lengths.length <= bounds.maxChunks || shortest >= leastLongest) {
      return lengths;
    }
  }
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** The film's chunks for tasks that encode `video.renditions`. */
export function planChunks(
  video: VideoPlan,
  chunkSegments: number | 'auto',
  fleetCores: number,
  maxChunks: number,
): Chunk[] {
  const { frameCount, segmentFrames } = video;
  const segmentCount = Math.ceil(frameCount / segmentFrames);
  const segmentCost = videoCost(video, segmentFrames);
  const longest = clamp(Math.floor(LONGEST_CHUNK_CORE_SECONDS / segmentCost), 1, LONGEST_CHUNK_SEGMENTS);
  const shortest = clamp(Math.ceil(SHORTEST_CHUNK_CORE_SECONDS / segmentCost), 1, longest);
  const slots = Math.floor(fleetCores / CORES_PER_TASK);
  const lengths =
    chunkSegments === 'auto'
      ? chunkLengths(segmentCount, { slots, shortest, longest, maxChunks })
      : equalLengths(segmentCount, Math.max(chunkSegments, Math.ceil(segmentCount / maxChunks)));
  let firstSegment = 0;
  return lengths.map((length, index) => {
    const firstFrame = firstSegment * segmentFrames;
    const firstNumber = firstSegment + 1;
    firstSegment += length;
    return { index, firstFrame, frameCount: Math.min(length * segmentFrames, frameCount - firstFrame), firstNumber };
  });
}
