/**
 * The series of an asset in its root's SQLite: minutes, hours and days. A row holds many points, since rows are what a quiet
 * asset costs. What is over is folded in once for each shard: how far it has come is stored in the same transaction.
 */
import { RESOLUTION_MS, RESOLUTIONS, type Resolution, type SeriesPoint, type SeriesQuery } from '../facts.ts';
import type { CounterStore } from './counter-store.ts';
import { HyperLogLog } from './hyperloglog.ts';
import type { Folded } from './shard-report.ts';
import { type Split, SplitCounter, startOf } from './tally.ts';

/** Points of a row: below a megabyte, if each hour and day has 300 countries, devices and renditions. */
const ROW_POINTS: Readonly<Record<Resolution, number>> = { minute: 480, hour: 24, day: 24 };

/** What is added to a point: of other sessions than what is there, or of another part of the time. */
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

type StoredPoint = Omit<PointPart, 'viewers' | 'viewersBefore'> & { viewers?: string };

class PointSum {
  readonly startMs: number;
  views = 0;
  watchMs = 0;
  peak = 0;
  by: SplitCounter | undefined;
  viewers: HyperLogLog | undefined;
  viewersBefore = 0;

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  add({ views = 0, watchMs = 0, peak = 0, by, viewers, viewersBefore = 0 }: PointPart): void {
    this.views += views;
    this.watchMs += watchMs;
    this.peak = Math.max(this.peak, peak);
    this.viewersBefore += viewersBefore;
    if (by) {
      this.by ??= new SplitCounter();
      this.by.add(by);
    }
    if (viewers) {
      this.viewers ??= new HyperLogLog();
      this.viewers.merge(viewers);
    }
  }

  /** As StoredPoint. */
  toJSON() {
    const { startMs, views, watchMs, peak, by, viewers } = this;
    return { startMs, views, watchMs, peak, by, viewers };
  }

  shown({ resolution, by }: SeriesQuery): SeriesPoint {
    const { startMs, views, watchMs, peak: peakWatching } = this;
    const point: SeriesPoint = { startMs, views, watchMs, peakWatching };
    if (resolution === 'day') {
      point.viewers = (this.viewers?.estimate() ?? 0) + this.viewersBefore;
    }
    if (by !== null) {
      const parts = this.by?.toJSON()[by] ?? [];
      point.by = Object.fromEntries(parts.map(([value, ...sums]) => [value, { views: sums[0], watchMs: sums[1] }]));
    }
    return point;
  }
}

/** A sum for each minute, hour or day in which parts began, in their order. */
function sumsOf(resolution: Resolution, ...sources: Iterable<PointPart>[]): PointSum[] {
  const sums = new Map<number, PointSum>();
  for (const source of sources) {
    for (const part of source) {
      const startMs = startOf(part.startMs, resolution);
      const sum = sums.get(startMs) ?? new PointSum(startMs);
      sum.add(part);
      sums.set(startMs, sum);
    }
  }
  return [...sums.values()].sort((a, b) => a.startMs - b.startMs);
}

type PointsRow = { id: number; points: string };

function* partsIn(rows: Iterable<PointsRow>): Generator<PointPart> {
  for (const { points } of rows) {
    for (const { viewers, ...point } of JSON.parse(points) as StoredPoint[]) {
      yield viewers === undefined ? point : { ...point, viewers: HyperLogLog.fromJSON(viewers) };
    }
  }
}

/** Of earlier releases, which had a row for each point. */
type SeriesRow = Record<'start_ms' | 'views' | 'watch_ms' | 'peak', number> & {
  split: string | null;
  viewers: ArrayBuffer | null;
};

export class Series {
  readonly #store: CounterStore;
  /** How long points are kept. */
  readonly #keptMs: Readonly<Record<Resolution, number>>;

  constructor(store: CounterStore, keptMs: Readonly<Record<Resolution, number>>) {
    this.#store = store;
    this.#keptMs = keptMs;
    if (store.first(`SELECT 1 FROM sqlite_master WHERE name = 'series'`) !== undefined) {
      for (const resolution of RESOLUTIONS) {
        for (let taken = 0, rows = 1; rows > 0; taken += rows) {
          rows = this.#takeOver(resolution, taken);
        }
      }
      store.write('DROP TABLE series');
    }
  }

  /** Puts what earlier releases stored into a row of many points. Returns how many it took. */
  #takeOver(resolution: Resolution, taken: number): number {
    const rows = this.#store.read<SeriesRow>(
      'SELECT * FROM series WHERE resolution = ? ORDER BY start_ms LIMIT ? OFFSET ?',
      ...[resolution, ROW_POINTS[resolution], taken],
    );
    const parts = Array.from(rows, ({ start_ms: startMs, views, watch_ms: watchMs, peak, split, viewers }) => ({
      ...{ startMs, views, watchMs, peak },
      by: split === null ? null : JSON.parse(split),
      viewers: viewers === null ? null : HyperLogLog.decode(new Uint8Array(viewers)),
    }));
    this.add(resolution, parts);
    return parts.length;
  }

  /** Adds parts to what is there; they fill up the last row before they begin another. */
  add(resolution: Resolution, parts: readonly PointPart[]): void {
    if (parts.length === 0) {
      return;
    }
    const size = ROW_POINTS[resolution];
    const last = this.#store.first<PointsRow>(
      'SELECT rowid AS id, points FROM points WHERE resolution = ? ORDER BY rowid DESC LIMIT 1',
      resolution,
    );
    const known = last === undefined ? [] : [...partsIn([last])];
    const isOpen = known.length < size;
    const all = sumsOf(resolution, isOpen ? known : [], parts);
    for (let from = 0; from < all.length; from += size) {
      const row = all.slice(from, from + size);
      this.#store.write(
        'INSERT OR REPLACE INTO points (rowid, resolution, first_ms, last_ms, points) VALUES (?, ?, ?, ?, ?)',
        isOpen && from === 0 ? (last?.id ?? null) : null,
        ...[resolution, row[0]?.startMs ?? 0, row.at(-1)?.startMs ?? 0, JSON.stringify(row)],
      );
    }
  }

  /** What is stored, and over it `running`: what is not in the series yet. */
  points(query: SeriesQuery, running: readonly PointPart[], nowMs: number): SeriesPoint[] {
    const { fromMs, toMs, resolution } = query;
    const firstMs = Math.max(startOf(fromMs, resolution), this.#goneMs(resolution, nowMs));
    const rows = this.#store.read<PointsRow>(
      'SELECT rowid AS id, points FROM points WHERE resolution = ? AND last_ms >= ? AND first_ms < ? ORDER BY rowid',
      ...[resolution, firstMs, toMs],
    );
    return sumsOf(resolution, partsIn(rows), running)
      .filter(({ startMs }) => startMs >= firstMs && startMs < toMs)
      .map((point) => point.shown(query));
  }

  /** Points that began before it are no longer kept. */
  #goneMs(resolution: Resolution, nowMs: number): number {
    return nowMs - this.#keptMs[resolution] - RESOLUTION_MS[resolution];
  }

  /** Removes the rows whose points are all older than they are kept. */
  prune(nowMs: number): void {
    for (const resolution of RESOLUTIONS) {
      const goneMs = this.#goneMs(resolution, nowMs);
      this.#store.write('DELETE FROM points WHERE resolution = ? AND last_ms <= ?', resolution, goneMs);
    }
  }

  /** How far the series of each shard have come, and what it has reported, as JSON; null for the root itself. */
  shards(): Iterable<Folded & { shard: number; report: string | null }> {
    return this.#store.read('SELECT shard, report, minute_ms AS minuteMs, hour_ms AS hourMs FROM shards');
  }

  saveShard(shard: number, { minuteMs, hourMs }: Folded, report: object | null): void {
    this.#store.write(
      'INSERT OR REPLACE INTO shards (shard, minute_ms, hour_ms, report) VALUES (?, ?, ?, ?)',
      ...[shard, minuteMs, hourMs, report && JSON.stringify(report)],
    );
  }
}
