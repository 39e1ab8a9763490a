/**
 * The series of an asset in its root's SQLite: minutes, hours and days, each kept for its own time. A minute or hour that is
 * over is folded in once for each shard: how far a shard has come is stored in the same transaction.
 */

import { RESOLUTION_MS, RESOLUTIONS, type Resolution, type SeriesPoint, type SeriesQuery } from '../facts.ts';
import type { CounterTables } from './counter-tables.ts';
import { HyperLogLog } from './hyperloglog.ts';
import type { Folded } from './shard-report.ts';
import type { Finished } from './shard-state.ts';
import { type Split, SplitCounter, startOf } from './tally.ts';

export type Retain = Readonly<Record<Resolution, number>>;

/** Points of one answer: the minutes of a week. */
const MAX_SERIES_POINTS = 10_080;

/** What is added to a point. It must be disjoint from what is there: other sessions, or another part of the time. */
export type PointPart = {
  startMs: number;
  views?: number;
  watchMs?: number;
  /** Of other times or shards: the highest stays. */
  peak?: number;
  by?: Split | null;
  viewers?: HyperLogLog | null;
  /** Viewers that are known by number alone (roll-up.ts). */
  viewersBefore?: number;
};

class PointSum {
  readonly startMs: number;
  views = 0;
  watchMs = 0;
  peak = 0;
  by: SplitCounter | null = null;
  viewers: HyperLogLog | null = null;
  viewersBefore = 0;

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  add({ views = 0, watchMs = 0, peak = 0, by = null, viewers = null, viewersBefore = 0 }: PointPart): void {
    this.views += views;
    this.watchMs += watchMs;
    this.peak = Math.max(this.peak, peak);
    this.viewersBefore += viewersBefore;
    if (by !== null) {
      this.by ??= new SplitCounter();
      this.by.add(by);
    }
    if (viewers !== null) {
      this.viewers ??= new HyperLogLog();
      this.viewers.merge(viewers);
    }
  }

  shown({ resolution, by }: SeriesQuery): SeriesPoint {
    const parts = by === null ? [] : (this.by?.split()[by] ?? []);
    return {
      startMs: this.startMs,
      views: this.views,
      watchMs: this.watchMs,
      peakWatching: this.peak,
      ...(resolution === 'day' ? { viewers: (this.viewers?.estimate() ?? 0) + this.viewersBefore } : {}),
      ...(by === null
        ? {}
        : { by: Object.fromEntries(parts.map(([value, views, watchMs]) => [value, { views, watchMs }])) }),
    };
  }
}

type ShardRow = Folded & { shard: number; report: string };
type SeriesRow = {
  start_ms: number;
  views: number;
  watch_ms: number;
  peak: number;
  split: string | null;
  viewers: ArrayBuffer | null;
};

export class Series {
  readonly #tables: CounterTables;

  constructor(tables: CounterTables) {
    this.#tables = tables;
  }

  /** Adds what is over of a shard and has not been added. Without an await: one transaction. */
  fold(shard: number, { minutes, hours, days }: Finished): Folded {
    const [folded = { minuteMs: -1, hourMs: -1 }] = [
      ...this.#tables.read<Folded>(
        'SELECT minute_ms AS minuteMs, hour_ms AS hourMs FROM shards WHERE shard = ?',
        shard,
      ),
    ];
    if (minutes.length + hours.length + days.length === 0) {
      return folded;
    }
    for (const tally of minutes.filter(({ startMs }) => startMs > folded.minuteMs)) {
      this.add('minute', tally);
      folded.minuteMs = tally.startMs;
    }
    for (const tally of hours.filter(({ startMs }) => startMs > folded.hourMs)) {
      this.add('hour', tally);
      this.add('day', tally);
      folded.hourMs = tally.startMs;
    }
    for (const day of days) {
      this.add('day', day);
    }
    this.#saveFolded(shard, folded);
    return folded;
  }

  /** Of a shard that was counted elsewhere until now: nothing that began before is added. */
  skip(shard: number, nowMs: number): void {
    this.#saveFolded(shard, { minuteMs: startOf(nowMs, 'minute'), hourMs: startOf(nowMs, 'hour') });
  }

  #saveFolded(shard: number, { minuteMs, hourMs }: Folded): void {
    this.#tables.write(
      `INSERT INTO shards (shard, minute_ms, hour_ms) VALUES (?1, ?2, ?3)
       ON CONFLICT DO UPDATE SET minute_ms = ?2, hour_ms = ?3`,
      shard,
      minuteMs,
      hourMs,
    );
  }

  /** To the minute, hour or day that it began in. Viewers and peaks may be added again: that changes nothing. */
  add(resolution: Resolution, part: PointPart): void {
    const startMs = startOf(part.startMs, resolution);
    const [sum = new PointSum(startMs)] = this.#rows(resolution, startMs, startMs + 1);
    sum.add(part);
    this.#tables.write(
      `INSERT OR REPLACE INTO series (resolution, start_ms, views, watch_ms, peak, split, viewers)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      resolution,
      startMs,
      sum.views,
      sum.watchMs,
      sum.peak,
      sum.by === null ? null : JSON.stringify(sum.by.split()),
      sum.viewers?.encode() ?? null,
    );
  }

  #rows(resolution: Resolution, fromMs: number, toMs: number): PointSum[] {
    const rows = this.#tables.read<SeriesRow>(
      `SELECT start_ms, views, watch_ms, peak, split, viewers FROM series
       WHERE resolution = ? AND start_ms >= ? AND start_ms < ? ORDER BY start_ms LIMIT ?`,
      resolution,
      fromMs,
      toMs,
      MAX_SERIES_POINTS,
    );
    return Array.from(rows, ({ start_ms: startMs, views, watch_ms: watchMs, peak, split, viewers }) => {
      const sum = new PointSum(startMs);
      sum.add({
        ...{ startMs, views, watchMs, peak },
        by: split === null ? null : JSON.parse(split),
        viewers: viewers === null ? null : HyperLogLog.decode(new Uint8Array(viewers)),
      });
      return sum;
    });
  }

  /** What is stored, and over it `running`: what still runs in the shards. */
  points(query: SeriesQuery, running: readonly PointPart[], retain: Retain, nowMs: number): SeriesPoint[] {
    const { fromMs, toMs, resolution } = query;
    const firstMs = Math.max(startOf(fromMs, resolution), nowMs - retain[resolution] - RESOLUTION_MS[resolution]);
    const points = new Map(this.#rows(resolution, firstMs, toMs).map((point) => [point.startMs, point]));
    for (const part of running) {
      const startMs = startOf(part.startMs, resolution);
      if (startMs >= firstMs && startMs < toMs) {
        const point = points.get(startMs) ?? new PointSum(startMs);
        point.add(part);
        points.set(startMs, point);
      }
    }
    return [...points.values()]
      .sort((a, b) => a.startMs - b.startMs)
      .slice(0, MAX_SERIES_POINTS)
      .map((point) => point.shown(query));
  }

  /** Removes what is older than it is kept. Returns when the next point will be, Infinity if there is none. */
  prune(nowMs: number, retain: Retain): number {
    let nextMs = Infinity;
    for (const resolution of RESOLUTIONS) {
      const keptMs = retain[resolution] + RESOLUTION_MS[resolution];
      this.#tables.write('DELETE FROM series WHERE resolution = ? AND start_ms <= ?', resolution, nowMs - keptMs);
      const [{ last } = { last: null }] = [
        ...this.#tables.read<{ last: number | null }>(
          'SELECT max(start_ms) AS last FROM series WHERE resolution = ?',
          resolution,
        ),
      ];
      // At the last one of them, so that an asset that nobody watches any more wakes three times, not once for each.
      nextMs = Math.min(nextMs, last === null ? Infinity : last + keptMs);
    }
    return nextMs;
  }

  /** As JSON. */
  saveReport(shard: number, report: object): void {
    this.#tables.write(
      `INSERT INTO shards (shard, minute_ms, hour_ms, report) VALUES (?1, -1, -1, ?2)
       ON CONFLICT DO UPDATE SET report = ?2`,
      shard,
      JSON.stringify(report),
    );
  }

  reports(): Iterable<ShardRow> {
    return this.#tables.read<ShardRow>(
      'SELECT shard, report, minute_ms AS minuteMs, hour_ms AS hourMs FROM shards WHERE report IS NOT NULL',
    );
  }
}
