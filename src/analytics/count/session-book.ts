/**
 * The sessions that a shard remembers, and the films that they watch: which segments each was given, and how many
 * sessions were given each segment. Pure.
 */
import type { Measure } from '../../media/measure.ts';
import { FORGET_AFTER_MS, filmKey, type Retention } from '../facts.ts';
import { segmentDurationMs } from '../view-rule.ts';
import { fromRuns, type Segments, toRuns } from './segments.ts';

/** Retention curves of so many versions are kept when nobody watches them any more, to compare the last changes. */
const KEPT_FILMS = 4;
/** Versions that sessions watch at one time, and measures of each. */
export const MAX_FILMS = 16;
/** About 300 bytes each with what they were given: a third of the 128 MB that an object has. */
export const MAX_SESSIONS = 100_000;
/** 30 segments each, 4 bytes: 32 MB, for audiences of films that take all day. */
export const MAX_WORDS = 8_000_000;

/** The same version with another measure, such as a film's sound alone, is another film. */
export type Film = {
  version: string;
  measure: Measure;
  lastSeenMs: number;
  /** Of all times, forgotten ones included. */
  sessions: number;
  counts: Uint32Array;
};

export type HeldSession = {
  film: Film;
  expiresAt: number;
  /** Tick of its last fetch (watching.ts). */
  tick: number;
  watchMs: number;
  isView: boolean;
  /** Empty from the view on: the viewer is counted, and nothing ties the session to it any more. */
  viewer: string;
  segments: Segments;
};

/** As it is stored: [id, expiresAt, film, tick, isView, viewer, …runs]. */
export type StoredSession = [string, number, number, number, 0 | 1, string, ...number[]];
export type StoredFilm = Retention & { lastSeenMs: number };

/** From then on its facts are refused, so a session that was forgotten is never counted again. */
export const isForgotten = (expiresAt: number, nowMs: number): boolean => expiresAt * 1000 + FORGET_AFTER_MS <= nowMs;

export class SessionBook {
  readonly films = new Map<string, Film>();
  readonly sessions = new Map<string, HeldSession>();
  /** Of all sessions together; follows the bitsets as they grow. */
  words = 0;

  filmOf(version: string, measure: Measure): Film | undefined {
    return this.films.get(filmKey(version, measure));
  }

  addFilm(film: Film): Film {
    this.films.set(filmKey(film.version, film.measure), film);
    return film;
  }

  /** Forgets the sessions that are over, and returns them. */
  prune(nowMs: number): HeldSession[] {
    const dropped: HeldSession[] = [];
    const watched = new Set<Film>();
    for (const [id, session] of this.sessions) {
      if (isForgotten(session.expiresAt, nowMs)) {
        this.sessions.delete(id);
        this.words -= session.segments.length;
        dropped.push(session);
      } else {
        watched.add(session.film);
      }
    }
    const byAge = [...this.films].sort(([, a], [, b]) => b.lastSeenMs - a.lastSeenMs);
    for (const [key, film] of byAge.slice(KEPT_FILMS)) {
      if (!watched.has(film)) {
        this.films.delete(key);
      }
    }
    return dropped;
  }

  /** When the last of the sessions will be forgotten; Infinity without any. */
  get emptyAtMs(): number {
    let lastSeconds = 0;
    for (const { expiresAt } of this.sessions.values()) {
      lastSeconds = Math.max(lastSeconds, expiresAt);
    }
    return this.sessions.size === 0 ? Infinity : lastSeconds * 1000 + FORGET_AFTER_MS;
  }

  /** Retention of a version, or of all; the one last seen first. */
  retention(version: string | null): StoredFilm[] {
    const films = this.storedFilms().filter((film) => version === null || film.version === version);
    return films.sort((a, b) => b.lastSeenMs - a.lastSeenMs);
  }

  /** Returns how many sessions named one of them. */
  forgetViewers(viewers: ReadonlySet<string>): number {
    let found = 0;
    for (const session of this.sessions.values()) {
      if (viewers.has(session.viewer)) {
        session.viewer = '';
        found += 1;
      }
    }
    return found;
  }

  storedFilms(): StoredFilm[] {
    return [...this.films.values()].map((film) => ({ ...film, counts: [...film.counts] }));
  }

  *storedSessions(): Generator<StoredSession> {
    const numbers = new Map([...this.films.values()].map((film, number) => [film, number]));
    for (const [id, { expiresAt, film, tick, isView, viewer, segments }] of this.sessions) {
      yield [id, expiresAt, numbers.get(film) ?? 0, tick, isView ? 1 : 0, viewer, ...toRuns(segments)];
    }
  }

  restoreSession([id, expiresAt, , tick, isView, viewer, ...runs]: StoredSession, film: Film): void {
    const segments = fromRuns(runs);
    let watchMs = 0;
    for (let index = 0; index + 1 < runs.length; index += 2) {
      const [first = 1, last = 0] = [runs[index], runs[index + 1]];
      watchMs += (last - first) * film.measure.segmentMs + segmentDurationMs(film.measure, last);
    }
    this.words += segments.length;
    this.sessions.set(id, { film, expiresAt, tick, watchMs, isView: isView === 1, viewer, segments });
  }
}

/** What all shards have of the version and measure seen last, as one curve; null if they have none. */
export function sumRetention(films: readonly StoredFilm[]): Retention | null {
  const [latest] = films.toSorted((a, b) => b.lastSeenMs - a.lastSeenMs);
  if (latest === undefined) {
    return null;
  }
  const { version, measure } = latest;
  const same = films.filter((film) => filmKey(film.version, film.measure) === filmKey(version, measure));
  const counts = Array.from({ length: measure.segments }, (_, index) =>
    same.reduce((sum, film) => sum + (film.counts[index] ?? 0), 0),
  );
  return { version, measure, sessions: same.reduce((sum, { sessions }) => sum + sessions, 0), counts };
}
