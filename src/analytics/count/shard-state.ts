/**
 * All that a shard knows, and how a batch changes it: in constant time for each new fact. Pure; the clock comes in. The
 * same batches at the same times give the same state, which a restart from the log relies on. Time never goes back: a batch
 * counts in the minute in which it arrives, so a minute that has ended is final.
 */
import { type Batch, DEVICE_CLASSES, RESOLUTION_MS, type Resolution, type SessionFacts } from '../facts.ts';
import { segmentDurationMs, viewThresholdMs } from '../view-rule.ts';
import { addViewer, HyperLogLog } from './hyperloglog.ts';
import type { Film, HeldSession } from './session-book.ts';
import { addSegment, isForgotten, MAX_FILMS, MAX_SESSIONS, MAX_WORDS, SessionBook } from './session-book.ts';
import { SplitCounter, type SplitTally, startOf, type Tally } from './tally.ts';
import { isReportedAfter, tickOf, tickOfReport, Watching } from './watching.ts';

/** Points wait for the root. If it cannot be reached for longer, the oldest are dropped; totals never are. */
const MAX_WAITING: Readonly<Record<Resolution, number>> = { minute: 2_880, hour: 720, day: 30 };

/** 256 sessions with a two-hour film are 31 KB of text, made in a millisecond (measured in Node). */
const SMALL = { sessions: 256, words: 16_384, counts: 8_192 };

export type ViewersOfDay = { startMs: number; viewers: HyperLogLog };
type HourTally = Tally & { by: SplitCounter };

/** Where the facts of one version are counted. */
type Applied = {
  tick: number;
  /** When its isolate last reported that it goes on, if it does no more. */
  toldMs: number;
  film: Film;
  renditions: { watchMs: number }[];
  threshold: number;
  minute: Tally;
  hour: HourTally;
  day: ViewersOfDay;
};

export class ShardState {
  readonly book = new SessionBook();
  readonly watching = new Watching();
  readonly totals = { views: 0, watchMs: 0 };
  viewers = new HyperLogLog();
  clockMs = 0;
  /** When the numbers were last copied to the catalog; of the root alone (root.ts). */
  copiedMs = 0;
  /** As far as the series does not have them, oldest first. The last may still run. */
  minutes: Tally[] = [];
  hours: HourTally[] = [];
  days: ViewersOfDay[] = [];
  /** Facts, each once, and sessions that fell silent, since this object was made. */
  #changes = 0;

  /** Whether a batch fits. Asked before it is stored, since what is stored must be taken. */
  hasRoomFor({ versions }: Batch): boolean {
    const { films, sessions, words } = this.book;
    const newFilms = versions.filter(({ version, measure }) => this.book.filmOf(version, measure) === undefined);
    const newSessions = versions.flatMap((each) => each.sessions.filter(([id]) => !sessions.has(id)));
    const hasFilms = films.size + newFilms.length <= MAX_FILMS;
    return words < MAX_WORDS && hasFilms && sessions.size + newSessions.length <= MAX_SESSIONS;
  }

  advance(nowMs: number): void {
    this.clockMs = Math.max(this.clockMs, nowMs);
    this.watching.advance(tickOf(this.clockMs));
  }

  /** The point that runs; begun if there is none yet. */
  #running<T extends { startMs: number }>(points: T[], resolution: Resolution, begin: (startMs: number) => T): T {
    const startMs = startOf(this.clockMs, resolution);
    const last = points.at(-1);
    if (last !== undefined && last.startMs >= startMs) {
      return last;
    }
    const point = begin(startMs);
    points.push(point);
    if (points.length > MAX_WAITING[resolution]) {
      points.shift();
    }
    return point;
  }

  /** So many watch now. Returns the minute and the hour that run. */
  raisePeak(watching: number, nowMs: number): { minute: Tally; hour: HourTally } {
    this.advance(nowMs);
    const begin = (startMs: number) => ({ startMs, views: 0, watchMs: 0, peak: 0 });
    const minute = this.#running(this.minutes, 'minute', begin);
    const hour = this.#running(this.hours, 'hour', (startMs) => ({ ...begin(startMs), by: new SplitCounter() }));
    minute.peak = Math.max(minute.peak, watching);
    hour.peak = Math.max(hour.peak, watching);
    return { minute, hour };
  }

  /** `viewMs`: the setting. Returns whether anything changed but how long sessions go on, which is not worth a row. */
  apply(batch: Batch, nowMs: number, viewMs: number): boolean {
    this.advance(nowMs);
    const { clockMs, watching } = this;
    // Those who are watching as it begins, too.
    const { minute, hour } = this.raisePeak(watching.count(), nowMs);
    const day = this.#running(this.days, 'day', (startMs) => ({ startMs, viewers: new HyperLogLog() }));
    const silent = new Map(batch.silent?.map((silence) => [silence[0], silence]));
    const before = this.#changes;
    for (const { version, measure, tracks, sessions } of batch.versions) {
      const film =
        this.book.filmOf(version, measure) ??
        this.book.addFilm({ version, measure, lastSeenMs: 0, sessions: 0, counts: new Uint32Array(measure.segments) });
      film.lastSeenMs = clockMs;
      const renditions = tracks.map((track) => hour.by.sumOf('rendition', track));
      const threshold = viewThresholdMs(measure, viewMs);
      for (const facts of sessions) {
        if (!isForgotten(facts[1], clockMs)) {
          const [, seconds = null, toldSeconds = 0] = silent.get(facts[0]) ?? [];
          const tick = tickOfReport(clockMs, seconds);
          this.#applyFacts(facts, {
            tick,
            toldMs: clockMs - toldSeconds * 1000,
            film,
            renditions,
            threshold,
            minute,
            hour,
            day,
          });
        }
      }
    }
    this.raisePeak(watching.count(), nowMs);
    return this.#changes > before;
  }

  #applyFacts(facts: SessionFacts, { tick, toldMs, film, renditions, threshold, minute, hour, day }: Applied): void {
    const [id, expiresAt, viewer, country, device, runs] = facts;
    const { book } = this;
    let session = book.sessions.get(id);
    if (session === undefined) {
      session = { film, expiresAt, tick: -1, watchMs: 0, isView: false, segments: [] };
      book.sessions.set(id, session);
      film.sessions += 1;
    } else if (session.film !== film) {
      // Its token names one version: not the session that it says it is.
      return;
    }
    if (tick > session.tick || (tick < session.tick && !isReportedAfter(session.tick, toldMs))) {
      this.watching.add(session.tick, -1);
      this.watching.add(tick, 1);
      this.#changes += tick < session.tick ? 1 : 0;
      session.tick = tick;
    }
    const wordsBefore = session.segments.length;
    let watchMs = 0;
    for (const [track, first, last] of runs) {
      const addedMs = this.#addRun(session, film, first, last);
      watchMs += addedMs;
      const rendition = renditions[track];
      if (rendition !== undefined) {
        rendition.watchMs += addedMs;
      }
    }
    book.words += session.segments.length - wordsBefore;
    if (watchMs === 0) {
      return;
    }
    session.watchMs += watchMs;
    const views = !session.isView && session.watchMs >= threshold ? 1 : 0;
    const ofCountry = hour.by.sumOf('country', country);
    const ofDevice = hour.by.sumOf('device', DEVICE_CLASSES[device] ?? 'other');
    for (const sum of [this.totals, minute, hour, ofCountry, ofDevice]) {
      sum.views += views;
      sum.watchMs += watchMs;
    }
    if (views === 1) {
      addViewer(this.viewers, viewer, id);
      addViewer(day.viewers, viewer, id);
      session.isView = true;
    }
  }

  /** Milliseconds of media that are new to the session. */
  #addRun(session: HeldSession, { measure, counts }: Film, first: number, last: number): number {
    let addedMs = 0;
    for (let number = first; number <= last; number += 1) {
      if (addSegment(session.segments, number)) {
        this.#changes += 1;
        counts[number - 1] = (counts[number - 1] ?? 0) + 1;
        addedMs += segmentDurationMs(measure, number);
      }
    }
    return addedMs;
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

  /** Of all shards together, as the root knows: `viewers`, and those `ofDays`. */
  unite(viewers: HyperLogLog, ofDays: readonly { startMs: number; viewers: Uint8Array }[]): void {
    this.viewers.merge(viewers);
    for (const { startMs, viewers: sketch } of ofDays) {
      const day = this.days.find((each) => each.startMs === startMs) ?? { startMs, viewers: new HyperLogLog() };
      day.viewers.merge(HyperLogLog.decode(sketch));
      this.days = [...new Set([...this.days, day])].sort((a, b) => a.startMs - b.startMs);
    }
  }

  get over() {
    const isOver = ({ startMs }: { startMs: number }, resolution: Resolution): boolean =>
      startMs + RESOLUTION_MS[resolution] <= this.clockMs;
    return {
      minutes: this.minutes.filter((minute) => isOver(minute, 'minute')),
      hours: this.hours.filter((hour) => isOver(hour, 'hour')).map(splitTally),
      days: this.days.filter((day) => isOver(day, 'day')),
    };
  }

  /** The series has what began no later, and the viewers of these days. */
  drop({ minuteMs, hourMs }: { minuteMs: number; hourMs: number }, days: readonly ViewersOfDay[]): void {
    this.minutes = this.minutes.filter(({ startMs }) => startMs > minuteMs);
    this.hours = this.hours.filter(({ startMs }) => startMs > hourMs);
    this.days = this.days.filter((day) => !days.includes(day));
  }

  /** Whether it is stored in one row, and quickly. */
  get isSmall(): boolean {
    const { films, sessions, words } = this.book;
    const counts = [...films.values()].reduce((sum, film) => sum + film.counts.length, 0);
    return sessions.size <= SMALL.sessions && words <= SMALL.words && counts <= SMALL.counts;
  }

  /** The share of its capacity that is in use, 0–1. */
  get fullness(): number {
    return Math.max(this.book.sessions.size / MAX_SESSIONS, this.book.words / MAX_WORDS);
  }
}

export const splitTally = ({ by, ...tally }: HourTally): SplitTally => ({ ...tally, by: by.toJSON() });
