/**
 * Sets of segment numbers, as words of 30 bits: small integers, which an array of V8 holds in 4 bytes each without a
 * number object. Numbers begin with 1. Pure.
 */
const BITS = 30;
const FULL = 2 ** BITS - 1;

export type Segments = number[];

/** Adds a segment; whether it is new. The array grows up to it: who checks numbers bounds it. */
export function addSegment(words: Segments, number: number): boolean {
  const index = Math.floor((number - 1) / BITS);
  const bit = 1 << ((number - 1) % BITS);
  while (words.length <= index) {
    words.push(0);
  }
  const word = words[index] ?? 0;
  words[index] = word | bit;
  return (word & bit) === 0;
}

/** `[first, last, first, last, …]`, ascending: few numbers for a session that watches on. */
export function toRuns(words: Segments): number[] {
  const runs: number[] = [];
  for (const [index, word] of words.entries()) {
    // A snapshot asks this of each session, and most words of one that watches on are full.
    if (word === FULL && runs.at(-1) === index * BITS) {
      runs[runs.length - 1] = (index + 1) * BITS;
      continue;
    }
    for (let rest = word; rest !== 0; rest &= rest - 1) {
      const number = index * BITS + 32 - Math.clz32(rest & -rest);
      if (runs.at(-1) === number - 1) {
        runs[runs.length - 1] = number;
      } else {
        runs.push(number, number);
      }
    }
  }
  return runs;
}

export function fromRuns(runs: readonly number[]): Segments {
  const words: Segments = [];
  for (let index = 0; index + 1 < runs.length; index += 2) {
    const last = runs[index + 1] ?? 0;
    for (let number = runs[index] ?? 1; number <= last; number += 1) {
      addSegment(words, number);
    }
  }
  return words;
}
