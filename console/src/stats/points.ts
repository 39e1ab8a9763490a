/** The series of an asset as the pictures need it. Pure. */
import type { Schemas } from '../../../client/api-types.ts';

export type Part = { views: number; minutes: number };
export type Point = Part & {
  startMs: number;
  peakWatching: number;
  /** By value of the dimension that was asked for. A map: a value may be called like a member that all objects have. */
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
