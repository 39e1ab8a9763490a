/**
 * All that a shard knows, and how a batch changes it: in constant time for each new fact. Pure; the clock comes in. The
 * same batches at the same times give the same state, which a restart from the log relies on.
 *
 * Time is the shard's own and never goes back: a batch counts when it arrives, in the minute that runs. So a minute that
 * has ended is final.
 */

import { type Batch, DEVICE_CLASSES, RESOLUTION_MS, type SessionFacts } from '../facts.ts';
import { segmentDurationMs, viewThresholdMs } from '../view-rule.ts';
import { addViewer, HyperLogLog } from './hyperloglog.ts';
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
import { SplitCounter, type SplitTally, startOf, type Tally } from './tally.ts';
import { tickOf, Watching } from './watching.ts';

/** Points wait for the root. If it cannot be reached for longer, the oldest are dropped; totals never are. */
const MAX_WAITING_MINUTES = 2_880;
const MAX_WAITING_HOURS = 720;
const MAX_WAITING_DAYS = 30;

export type ViewersOfDay = { startMs: number; viewers: HyperLogLog };
export type Finished = { minutes: Tally[]; hours: SplitTally[]; days: ViewersOfDay[] };

export class ShardState {
  readonly book = new SessionBook();
  readonly watching = new Watching();
  readonly totals = { views: 0, watchMs: 0 };
  viewers = new HyperLogLog();
  clockMs = 0;
  minute: Tally | null = null;
  hour: (Tally & { split: SplitCounter }) | null = null;
  day: ViewersOfDay | null = null;
  /** Over and not yet folded into the series. */
  finished: Finished = { minutes: [], hours: [], days: [] };

  /** Whether a batch fits. Asked before it is stored, since what is stored must be taken. */
  hasRoomFor({ versions }: Batch): boolean {
    const { book } = this;
    const newFilms = versions.filter(({ version, measure }) => book.filmOf(version, measure) === undefined).length;
    if (book.words >= MAX_WORDS || (newFilms > 0 && book.films.size + newFilms > MAX_FILMS)) {
      return false;
    }
    const newSessions = versions.flatMap(({ sessions }) => sessions.filter(([id]) => !book.sessions.has(id))).length;
    return book.sessions.size + newSessions <= MAX_SESSIONS;
  }

  /** Closes what has ended by then. Returns whether anything had. */
  advance(nowMs: number): boolean {
    this.clockMs = Math.max(this.clockMs, nowMs);
    this.watching.advance(tickOf(this.clockMs));
    const { minute, hour, day, finished } = this;
    let hasClosed = false;
    if (minute !== null && minute.startMs + RESOLUTION_MS.minute <= this.clockMs) {
      keepLast(finished.minutes, minute, MAX_WAITING_MINUTES);
      this.minute = null;
      hasClosed = true;
    }
    if (hour !== null && hour.startMs + RESOLUTION_MS.hour <= this.clockMs) {
      keepLast(finished.hours, splitTally(hour), MAX_WAITING_HOURS);
      this.hour = null;
      hasClosed = true;
    }
    if (day !== null && day.startMs + RESOLUTION_MS.day <= this.clockMs) {
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
    const empty = { views: 0, watchMs: 0, peak: watching.count };
    this.minute ??= { startMs: startOf(clockMs, 'minute'), ...empty };
    this.hour ??= { startMs: startOf(clockMs, 'hour'), ...empty, split: new SplitCounter() };
    this.day ??= { startMs: startOf(clockMs, 'day'), viewers: new HyperLogLog() };
    for (const { version, measure, tracks, sessions } of batch.versions) {
      const film =
        this.book.filmOf(version, measure) ??
        this.book.addFilm({ version, measure, lastSeenMs: 0, sessions: 0, counts: new Uint32Array(measure.segments) });
      film.lastSeenMs = clockMs;
      const { split } = this.hour;
      const renditions = tracks.map((track) => split.sumOf('rendition', track));
      const threshold = viewThresholdMs(measure, viewMs);
      for (const facts of sessions) {
        if (!isForgotten(facts[1], clockMs)) {
          this.#applyFacts(facts, film, renditions, threshold);
        }
      }
    }
    this.minute.peak = Math.max(this.minute.peak, watching.count);
    this.hour.peak = Math.max(this.hour.peak, watching.count);
  }

  #applyFacts(facts: SessionFacts, film: Film, renditions: { watchMs: number }[], threshold: number): void {
    const [id, expiresAt, viewer, country, device, runs] = facts;
    const { book, minute, hour, day } = this;
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
      const rendition = renditions[track];
      if (rendition !== undefined) {
        rendition.watchMs += addedMs;
      }
    }
    book.words += session.segments.length - wordsBefore;
    if (watchMs === 0 || minute === null || hour === null || day === null) {
      return;
    }
    session.watchMs += watchMs;
    const views = !session.isView && session.watchMs >= threshold ? 1 : 0;
    const ofCountry = hour.split.sumOf('country', country);
    const ofDevice = hour.split.sumOf('device', DEVICE_CLASSES[device] ?? 'other');
    for (const sum of [this.totals, minute, hour, ofCountry, ofDevice]) {
      sum.views += views;
      sum.watchMs += watchMs;
    }
    if (views === 1) {
      addViewer(this.viewers, session.viewer, id);
      addViewer(day.viewers, session.viewer, id);
      session.isView = true;
      session.viewer = '';
    }
  }

  /** Whether anything was forgotten. */
  prune(nowMs: number): boolean {
    this.advance(nowMs);
    const dropped = this.book.prune(this.clockMs);
    for (const { tick } of dropped) {
      this.watching.add(tick, -1);
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

  /** The share of its capacity that is in use, 0–1. */
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
