/** What a minute, an hour or a day of views is in numbers, and its split by country, device and rendition. Pure. */
import { DEVICE_CLASSES, DIMENSIONS, type Dimension } from '../facts.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

export const startOf = (ms: number, lengthMs: number): number => Math.floor(ms / lengthMs) * lengthMs;

export type Tally = { startMs: number; views: number; watchMs: number; peak: number };
type Entry = [key: string, views: number, watchMs: number];
/** On the wire and in rows: lists, so that no value is taken for a property that every object has. */
export type Split = Record<Dimension, Entry[]>;
export type SplitTally = Tally & { by: Split };

const emptySplit = (): Split => ({ country: [], device: [], rendition: [] });

/** Values of one dimension; those met after it is full are counted as this one, which is no country, device or track. */
const REST = '(other)';
/** Countries are fewer, and so are the tracks of the few versions that play within an hour. */
const MAX_VALUES = 300;

type Cell = { views: number; watchMs: number };

/** A split that is added to for each session of a batch: no allocation but for a value that is new. */
export class SplitCounter {
  readonly #maps: Record<Dimension, Map<string, Cell>> = {
    country: new Map(),
    device: new Map(),
    rendition: new Map(),
  };

  constructor(split: Split = emptySplit()) {
    this.add(split);
  }

  /** Where one value of a dimension is counted. */
  cell(dimension: Dimension, value: string): Cell {
    const map = this.#maps[dimension];
    const known = map.get(value);
    if (known !== undefined) {
      return known;
    }
    if (map.size >= MAX_VALUES && value !== REST) {
      return this.cell(dimension, REST);
    }
    const cell = { views: 0, watchMs: 0 };
    map.set(value, cell);
    return cell;
  }

  device(index: number): Cell {
    return this.cell('device', DEVICE_CLASSES[index] ?? 'other');
  }

  add(split: Split): void {
    for (const dimension of DIMENSIONS) {
      for (const [value, views, watchMs] of split[dimension]) {
        const cell = this.cell(dimension, value);
        cell.views += views;
        cell.watchMs += watchMs;
      }
    }
  }

  split(): Split {
    const listOf = (dimension: Dimension): Entry[] =>
      [...this.#maps[dimension]].map(([value, { views, watchMs }]) => [value, views, watchMs]);
    return { country: listOf('country'), device: listOf('device'), rendition: listOf('rendition') };
  }
}

/** Adds what is disjoint: other sessions, or another part of the time. Peaks are of different times or shards: the higher. */
export function addTally(sum: Tally, tally: Tally): void {
  sum.views += tally.views;
  sum.watchMs += tally.watchMs;
  sum.peak = Math.max(sum.peak, tally.peak);
}
