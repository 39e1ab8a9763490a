/** What the API answers about views, checked as it comes in. Members that the page does not show are not looked at. Pure. */

export type Live = { views: number; watching: number; viewers: number; minutes: number };
export type Part = { views: number; minutes: number };
export type Point = Part & {
  startMs: number;
  peakWatching: number;
  /** By value of the dimension that was asked for. */
  by: ReadonlyMap<string, Part>;
};
export type Series = { viewSeconds: number; fromMs: number; toMs: number; points: readonly Point[] };
export type RetentionPoint = { segment: number; startSeconds: number; sessions: number; share: number };
export type Retention = { segmentSeconds: number; sessions: number; curve: readonly RetentionPoint[] };

/** The server and this page do not fit together. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

type Members = Readonly<Record<string, unknown>>;

function members(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShapeError('not an object');
  }
  return value as Members;
}

function number(from: Members, name: string): number {
  const value = from[name];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new ShapeError(`${name} is no count`);
  }
  return value;
}

function time(from: Members, name: string): number {
  const value = from[name];
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new ShapeError(`${name} is no time`);
  }
  return ms;
}

function list(from: Members, name: string): readonly unknown[] {
  const value = from[name];
  if (!Array.isArray(value)) {
    throw new ShapeError(`${name} is no list`);
  }
  return value;
}

const partOf = (from: Members): Part => ({ views: number(from, 'views'), minutes: number(from, 'minutes') });

export function liveOf(body: unknown): Live {
  const from = members(body);
  return { ...partOf(from), watching: number(from, 'watching'), viewers: number(from, 'viewers') };
}

export function titleOf(body: unknown): string {
  const { title } = members(body);
  return typeof title === 'string' ? title : '';
}

function pointOf(body: unknown): Point {
  const from = members(body);
  const by = from['by'] === undefined ? [] : Object.entries(members(from['by']));
  return {
    ...partOf(from),
    startMs: time(from, 'start'),
    peakWatching: number(from, 'peakWatching'),
    by: new Map(by.map(([value, part]) => [value, partOf(members(part))])),
  };
}

export function seriesOf(body: unknown): Series {
  const from = members(body);
  return {
    viewSeconds: number(from, 'viewSeconds'),
    fromMs: time(from, 'from'),
    toMs: time(from, 'to'),
    points: list(from, 'series').map(pointOf),
  };
}

/** `null`: nobody has watched the asset. */
export function retentionOf(body: unknown): Retention | null {
  const from = members(body);
  if (from['version'] === null) {
    return null;
  }
  return {
    segmentSeconds: number(from, 'segmentSeconds'),
    sessions: number(from, 'sessions'),
    curve: list(from, 'curve').map((point) => {
      const one = members(point);
      return {
        segment: number(one, 'segment'),
        startSeconds: number(one, 'startSeconds'),
        sessions: number(one, 'sessions'),
        share: number(one, 'share'),
      };
    }),
  };
}
