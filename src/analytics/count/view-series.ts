/**
 * The series of an asset in its root's SQLite: minutes, hours and days at falling resolution. A part of time that is over
 * is folded in once for each shard: how far a shard has come is stored in the transaction that adds.
 */

import { DAY_MS } from '../../platform/days.ts';
import type { Resolution } from '../facts.ts';
import { HyperLogLog } from './hyperloglog.ts';
import { type Folded, NOTHING_FOLDED } from './shard-report.ts';
import {
  addTally,
  HOUR_MS,
  MINUTE_MS,
  type Split,
  SplitCounter,
  type SplitTally,
  startOf,
  type Tally,
} from './tally.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS series (
    resolution TEXT NOT NULL, start_ms INTEGER NOT NULL,
    views INTEGER NOT NULL, watch_ms REAL NOT NULL, peak INTEGER NOT NULL,
    -- JSON, of hours and days; a HyperLogLog, of days.
    split TEXT, viewers BLOB,
    PRIMARY KEY (resolution, start_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS shards (
    shard INTEGER PRIMARY KEY, minute_ms INTEGER NOT NULL, hour_ms INTEGER NOT NULL,
    -- Its last report that was worth a row, JSON; null for the root itself.
    report TEXT
  ) STRICT;`;

export type SeriesRow = Tally & { split: Split | null; viewers: HyperLogLog | null };
export type Retain = { minutesMs: number; hoursMs: number; daysMs: number };

const LENGTHS: Readonly<Record<Resolution, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };
/** Points of one answer: the minutes of a week. */
export const MAX_POINTS = 10_080;

type Row = {
  start_ms: number;
  views: number;
  watch_ms: number;
  peak: number;
  split: string | null;
  viewers: ArrayBuffer | null;
};

export class Series {
  readonly #sql: SqlStorage;
  #hasSchema: boolean;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#hasSchema = sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'series'`).toArray().length > 0;
  }

  #prepare(): void {
    if (!this.#hasSchema) {
      this.#sql.exec(SCHEMA);
      this.#hasSchema = true;
    }
  }

  folded(shard: number): Folded {
    const rows = this.#hasSchema
      ? this.#sql
          .exec<Folded>('SELECT minute_ms AS minuteMs, hour_ms AS hourMs FROM shards WHERE shard = ?', shard)
          .toArray()
      : [];
    return rows[0] ?? NOTHING_FOLDED;
  }

  /** Adds what is over of a shard and has not been added. Without an await: one transaction. */
  fold(
    shard: number,
    {
      minutes,
      hours,
      days,
    }: { minutes: Tally[]; hours: SplitTally[]; days: { startMs: number; viewers: HyperLogLog }[] },
  ): Folded {
    const folded = { ...this.folded(shard) };
    if (minutes.length + hours.length + days.length === 0) {
      return folded;
    }
    this.#prepare();
    for (const tally of minutes.filter(({ startMs }) => startMs > folded.minuteMs)) {
      this.#add('minute', tally, null, null);
      folded.minuteMs = tally.startMs;
    }
    for (const tally of hours.filter(({ startMs }) => startMs > folded.hourMs)) {
      this.#add('hour', tally, tally.by, null);
      this.#add('day', { ...tally, startMs: startOf(tally.startMs, DAY_MS) }, tally.by, null);
      folded.hourMs = tally.startMs;
    }
    for (const { startMs, viewers } of days) {
      this.mergeViewers(startMs, viewers);
    }
    this.#saveFolded(shard, folded);
    return folded;
  }

  /** Of a shard that was counted elsewhere until now: nothing that began before is added. */
  skip(shard: number, nowMs: number): Folded {
    this.#prepare();
    const folded = { minuteMs: startOf(nowMs, MINUTE_MS), hourMs: startOf(nowMs, HOUR_MS) };
    this.#saveFolded(shard, folded);
    return folded;
  }

  #saveFolded(shard: number, { minuteMs, hourMs }: Folded): void {
    this.#sql.exec(
      `INSERT INTO shards (shard, minute_ms, hour_ms) VALUES (?1, ?2, ?3)
       ON CONFLICT DO UPDATE SET minute_ms = ?2, hour_ms = ?3`,
      shard,
      minuteMs,
      hourMs,
    );
  }

  /** Those of a day have no order and no end: merging again changes nothing. */
  mergeViewers(startMs: number, viewers: HyperLogLog): void {
    this.#prepare();
    this.#add('day', { startMs, views: 0, watchMs: 0, peak: 0 }, null, viewers);
  }

  /** At the same time in all shards: more than any of them knows. */
  raisePeak(resolution: Resolution, startMs: number, peak: number): void {
    this.#prepare();
    this.#add(resolution, { startMs, views: 0, watchMs: 0, peak }, null, null);
  }

  #add(resolution: Resolution, tally: Tally, split: Split | null, viewers: HyperLogLog | null): void {
    const [known] = this.rows(resolution, tally.startMs, tally.startMs + 1);
    const sum: Tally = { startMs: tally.startMs, views: 0, watchMs: 0, peak: 0 };
    addTally(sum, tally);
    const splits = new SplitCounter(split ?? undefined);
    const union = viewers?.copy() ?? null;
    if (known !== undefined) {
      addTally(sum, known);
      if (known.split !== null) {
        splits.add(known.split);
      }
      if (known.viewers !== null) {
        union?.merge(known.viewers);
      }
    }
    const allViewers = union ?? known?.viewers ?? null;
    const hasSplit = split !== null || (known?.split ?? null) !== null;
    this.#sql.exec(
      `INSERT OR REPLACE INTO series (resolution, start_ms, views, watch_ms, peak, split, viewers)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      resolution,
      sum.startMs,
      sum.views,
      sum.watchMs,
      sum.peak,
      hasSplit ? JSON.stringify(splits.split()) : null,
      allViewers?.encode() ?? null,
    );
  }

  rows(resolution: Resolution, fromMs: number, toMs: number): SeriesRow[] {
    if (!this.#hasSchema) {
      return [];
    }
    return this.#sql
      .exec<Row>(
        `SELECT start_ms, views, watch_ms, peak, split, viewers FROM series
         WHERE resolution = ? AND start_ms >= ? AND start_ms < ? ORDER BY start_ms LIMIT ?`,
        resolution,
        fromMs,
        toMs,
        MAX_POINTS,
      )
      .toArray()
      .map((row) => ({
        startMs: row.start_ms,
        views: row.views,
        watchMs: row.watch_ms,
        peak: row.peak,
        split: row.split === null ? null : JSON.parse(row.split),
        viewers: row.viewers === null ? null : HyperLogLog.decode(new Uint8Array(row.viewers)),
      }));
  }

  /** Removes what is older than it is kept. Returns when the next point will be. */
  prune(nowMs: number, retain: Retain): number | null {
    if (!this.#hasSchema) {
      return null;
    }
    const kept = { minute: retain.minutesMs, hour: retain.hoursMs, day: retain.daysMs };
    let nextMs: number | null = null;
    for (const resolution of ['minute', 'hour', 'day'] as const) {
      const keptMs = kept[resolution] + LENGTHS[resolution];
      this.#sql.exec('DELETE FROM series WHERE resolution = ? AND start_ms <= ?', resolution, nowMs - keptMs);
      const { last } = this.#sql
        .exec<{ last: number | null }>('SELECT max(start_ms) AS last FROM series WHERE resolution = ?', resolution)
        .one();
      // At the last one of them, so that an asset that nobody watches any more wakes three times, not once for each.
      if (last !== null) {
        nextMs = Math.min(nextMs ?? Infinity, last + keptMs);
      }
    }
    return nextMs;
  }

  saveReport(shard: number, report: string): void {
    this.#prepare();
    this.#sql.exec(
      `INSERT INTO shards (shard, minute_ms, hour_ms, report) VALUES (?1, -1, -1, ?2)
       ON CONFLICT DO UPDATE SET report = ?2`,
      shard,
      report,
    );
  }

  reports(): { shard: number; report: string }[] {
    return this.#hasSchema
      ? this.#sql
          .exec<{ shard: number; report: string }>('SELECT shard, report FROM shards WHERE report IS NOT NULL')
          .toArray()
      : [];
  }
}
