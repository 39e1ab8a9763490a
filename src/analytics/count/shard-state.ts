/**
 * All that a shard knows, and how a batch changes it: in constant time for each fact that is new. Pure; the clock comes
 * in. Given the same batches at the same times it comes to the same, which is what a restart from the log rests on.
 *
 * Time is the shard's own, and never goes back: a batch counts when it arrives, in the minute that runs. So a minute that
 * has ended is final.
 */

import { DAY_MS } from '../../platform/days.ts';
import type { Batch, SessionFacts } from '../facts.ts';
import { segmentDurationMs, viewThresholdMs } from '../view-rule.ts';
import { HyperLogLog } from './hyperloglog.ts';
import { addSegment } from './segments.ts';
import {
  type Film,
  type HeldSession,
  isForgotten,
  MAX_FILMS,
  MAX_SESSIONS,
  MAX_WORDS,
  SessionBook,
} from './session-book.ts';
import { HOUR_MS, MINUTE_MS, SplitCounter, type SplitTally, startOf, type Tally } from './tally.ts';
import { addViewer } from './viewer-key.ts';
import { tickOf, Watching } from './watching.ts';

/** Series wait for the root; where it cannot be reached for longer, the oldest points go. Totals never do. */
const MAX_WAITING_MINUTES = 2_880;
const MAX_WAITING_HOURS = 720;
const MAX_WAITING_DAYS = 30;

export type ViewersOfDay = { startMs: number; viewers: HyperLogLog };
export type Finished = { minutes: Tally[]; hours: SplitTally[]; days: ViewersOfDay[] };
export type ShardTotals = { views: number; watchMs: number };

export class ShardState {
  readonly book: SessionBook;
  readonly watching = new Watching();
  readonly totals: ShardTotals = { views: 0, watchMs: 0 };
  viewers = new HyperLogLog();
  clockMs = 0;
  minute: Tally | null = null;
  hour: (Tally & { split: SplitCounter }) | null = null;
  day: ViewersOfDay | null = null;
  /** Over and not yet folded into the series. */
  finished: Finished = { minutes: [], hours: [], days: [] };

  constructor(book = new SessionBook()) {
    this.book = book;
  }

  /** Whether a batch fits; asked before it is stored, since what is stored must be taken. */
  hasRoomFor({ versions }: Batch): boolean {
    const sessions = versions.reduce((sum, version) => sum + version.sessions.length, 0);
    const { book } = this;
    const newFilms = versions.filter(({ version, measure }) => book.filmOf(version, measure) === undefined).length;
    if (book.words >= MAX_WORDS || (newFilms > 0 && book.filmCount + newFilms > MAX_FILMS)) {
      return false;
    }
    if (book.sessions.size + sessions <= MAX_SESSIONS) {
      return true;
    }
    const added = versions.reduce(
      (sum, { sessions: all }) => sum + all.filter(([id]) => !book.sessions.has(id)).length,
      0,
    );
    return book.sessions.size + added <= MAX_SESSIONS;
  }

  /** Whatever has ended by then is closed. Returns whether anything was. */
  advance(nowMs: number): boolean {
    this.clockMs = Math.max(this.clockMs, nowMs);
    this.watching.advance(tickOf(this.clockMs));
    const { minute, hour, day, finished } = this;
    let hasClosed = false;
    if (minute !== null && minute.startMs + MINUTE_MS <= this.clockMs) {
      keepLast(finished.minutes, minute, MAX_WAITING_MINUTES);
      this.minute = null;
      hasClosed = true;
    }
    if (hour !== null && hour.startMs + HOUR_MS <= this.clockMs) {
      keepLast(finished.hours, splitTally(hour), MAX_WAITING_HOURS);
      this.hour = null;
      hasClosed = true;
    }
    if (day !== null && day.startMs + DAY_MS <= this.clockMs) {
      keepLast(finished.days, day, MAX_WAITING_DAYS);
      this.day = null;
      hasClosed = true;
    }
    return hasClosed;
  }

  /** `viewMs`: the setting as it was when the batch was taken. */
  apply(batch: Batch, nowMs: number, viewMs: number): void {
    this.advance(nowMs);
    const { clockMs, watching } = this;
    this.minute ??= { startMs: startOf(clockMs, MINUTE_MS), views: 0, watchMs: 0, peak: watching.count };
    this.hour ??= {
      ...{ startMs: startOf(clockMs, HOUR_MS), views: 0, watchMs: 0, peak: watching.count },
      split: new SplitCounter(),
    };
    this.day ??= { startMs: startOf(clockMs, DAY_MS), viewers: new HyperLogLog() };
    for (const { version, measure, tracks, sessions } of batch.versions) {
      const film = this.book.filmOf(version, measure) ?? this.book.addFilm(version, measure, clockMs);
      film.lastSeenMs = clockMs;
      const { split } = this.hour;
      const cells = tracks.map((track) => split.cell('rendition', track));
      const threshold = viewThresholdMs(measure, viewMs);
      for (const facts of sessions) {
        if (!isForgotten(facts[1], clockMs)) {
          this.#applyFacts(facts, film, cells, threshold);
        }
      }
    }
    this.minute.peak = Math.max(this.minute.peak, watching.count);
    this.hour.peak = Math.max(this.hour.peak, watching.count);
  }

  #applyFacts(facts: SessionFacts, film: Film, cells: { watchMs: number }[], threshold: number): void {
    const [id, expiresAt, viewer, country, device, runs] = facts;
    const { book, hour, minute } = this;
    let session = book.sessions.get(id);
    if (session === undefined) {
      session = { film, expiresAt, tick: -1, watchMs: 0, isView: false, viewer, segments: [] };
      book.sessions.set(id, session);
      film.sessions += 1;
    } else if (session.film !== film) {
      // Its token names one version: not the session that it says it is.
      return;
    }
    session.tick = this.watching.touch(session.tick);
    const wordsBefore = session.segments.length;
    let watchMs = 0;
    for (const [track, first, last] of runs) {
      const addedMs = addRun(session, film, first, last);
      watchMs += addedMs;
      const cell = cells[track];
      if (cell !== undefined) {
        cell.watchMs += addedMs;
      }
    }
    book.words += session.segments.length - wordsBefore;
    if (watchMs === 0 || hour === null || minute === null) {
      return;
    }
    session.watchMs += watchMs;
    const views = !session.isView && session.watchMs >= threshold ? 1 : 0;
    for (const sum of [this.totals, minute, hour, hour.split.cell('country', country), hour.split.device(device)]) {
      sum.views += views;
      sum.watchMs += watchMs;
    }
    if (views === 1) {
      this.#noteViewer(session, id);
    }
  }

  #noteViewer(session: HeldSession, id: string): void {
    addViewer(this.viewers, session.viewer, id);
    if (this.day !== null) {
      addViewer(this.day.viewers, session.viewer, id);
    }
    session.isView = true;
    session.viewer = '';
  }

  /** Whether anything was forgotten. */
  prune(nowMs: number): boolean {
    this.advance(nowMs);
    const dropped = this.book.prune(this.clockMs);
    for (const { tick } of dropped) {
      this.watching.forget(tick);
    }
    return dropped.length > 0;
  }

  /** The series has what began no later, and the viewers of these days. */
  dropFinished(folded: { minuteMs: number; hourMs: number }, taken: readonly ViewersOfDay[]): void {
    const { minutes, hours, days } = this.finished;
    this.finished = {
      minutes: minutes.filter(({ startMs }) => startMs > folded.minuteMs),
      hours: hours.filter(({ startMs }) => startMs > folded.hourMs),
      days: days.filter((day) => !taken.includes(day)),
    };
  }

  get hasFinished(): boolean {
    const { minutes, hours, days } = this.finished;
    return minutes.length + hours.length + days.length > 0;
  }

  /** What part of what it can hold it holds. */
  get fullness(): number {
    return Math.max(this.book.sessions.size / MAX_SESSIONS, this.book.words / MAX_WORDS);
  }

  get hourTally(): SplitTally | null {
    return this.hour === null ? null : splitTally(this.hour);
  }
}

const splitTally = ({ split, ...tally }: Tally & { split: SplitCounter }): SplitTally => ({
  ...tally,
  by: split.split(),
});

function keepLast<T>(list: T[], item: T, most: number): void {
  list.push(item);
  if (list.length > most) {
    list.shift();
  }
}

/** Milliseconds of media that are new to the session. */
function addRun(session: HeldSession, { measure, counts }: Film, first: number, last: number): number {
  let addedMs = 0;
  for (let number = first; number <= last; number += 1) {
    if (addSegment(session.segments, number)) {
      counts[number - 1] = (counts[number - 1] ?? 0) + 1;
      addedMs += segmentDurationMs(measure, number);
    }
  }
  return addedMs;
}
