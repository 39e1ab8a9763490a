/** Converts the API's series for the charts. Pure. */
import type { Schemas } from '../../../client/api-types.ts';

export type Part = { views: number; minutes: number };
export type Point = Part & {
  startMs: number;
  peakWatching: number;
  /** By value of the requested dimension. A Map, because a value may be named like a member of Object. */
  by: ReadonlyMap<string, Part>;
};

export const pointsOf = ({ series }: Pick<Schemas['Views'], 'series'>): Point[] =>
  series.map(({ start, views, minutes, peakWatching, by = {} }) => ({
    startMs: Date.parse(start),
    views,
    minutes,
    peakWatching,
    by: new Map(Object.entries(by)),
  }));
