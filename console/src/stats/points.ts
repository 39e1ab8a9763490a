/** The API's series as the charts need it. Pure. */
import type { Schemas } from '../../../client/api-types.ts';

export type Part = { views: number; minutes: number };
export type Point = Part & {
  startMs: number;
  peakWatching: number;
  /** By value of the dimension asked for. A Map, since a value may have the name of an object's own member. */
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
