/** The numbers of a minute, an hour or a day of views, and their split by country, device and rendition. Pure. */
import { DIMENSIONS, type Dimension, RESOLUTION_MS, type Resolution } from '../facts.ts';

export const startOf = (ms: number, resolution: Resolution): number =>
  Math.floor(ms / RESOLUTION_MS[resolution]) * RESOLUTION_MS[resolution];

export type Tally = { startMs: number; views: number; watchMs: number; peak: number };
type SplitEntry = [value: string, views: number, watchMs: number];
/** On the wire and in rows. Lists, so that no value is mistaken for a property that every object has. */
export type Split = Record<Dimension, SplitEntry[]>;
export type SplitTally = Tally & { by: Split };

/** Values of a dimension that is full are counted as this one, which is no country, device or track. */
const REST = '(other)';
/** There are fewer countries, and fewer tracks of the versions that play within an hour. */
const MAX_VALUES = 300;

type SplitSum = { views: number; watchMs: number };

/** A split that each session of a batch adds to. Only a new value allocates. */
export class SplitCounter {
  readonly #maps: Record<Dimension, Map<string, SplitSum>> = {
    country: new Map(),
    device: new Map(),
    rendition: new Map(),
  };

  constructor(split: Partial<Split> = {}) {
    this.add(split);
  }

  /** Where one value of a dimension is counted. */
  sumOf(dimension: Dimension, value: string): SplitSum {
    const map = this.#maps[dimension];
    const known = map.get(value);
    if (known !== undefined) {
      return known;
    }
    if (map.size >= MAX_VALUES && value !== REST) {
      return this.sumOf(dimension, REST);
    }
    const sum = { views: 0, watchMs: 0 };
    map.set(value, sum);
    return sum;
  }

  add(split: Partial<Split>): void {
    for (const dimension of DIMENSIONS) {
      for (const [value, views, watchMs] of split[dimension] ?? []) {
        const sum = this.sumOf(dimension, value);
        sum.views += views;
        sum.watchMs += watchMs;
      }
    }
  }

  toJSON(): Split {
    const entriesOf = (dimension: Dimension): SplitEntry[] =>
      [...this.#maps[dimension]].map(([value, { views, watchMs }]) => [value, views, watchMs]);
    return { country: entriesOf('country'), device: entriesOf('device'), rendition: entriesOf('rendition') };
  }
}
