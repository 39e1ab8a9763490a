/** The sessions that a shard remembers with the segments that each was given, and the films that they watch. Pure. */
import type { Measure } from '../../media/measure.ts';
import { FORGET_AFTER_MS, filmKey, type Retention } from '../facts.ts';
import { segmentDurationMs } from '../view-rule.ts';

/** Retention curves of so many versions are kept when nobody watches them any more, to compare the last changes. */
const KEPT_FILMS = 4;
/** Versions that sessions watch at one time, and measures of each. */
export const MAX_FILMS = 16;
/** About 300 bytes each with what they were given: a third of the 128 MB that an object has. */
export const MAX_SESSIONS = 100_000;
/** 30 segments each, 4 bytes: 32 MB, for audiences of films that take all day. */
export const MAX_WORDS = 8_000_000;

/** `sessions`: of all times, forgotten ones included. */
export type StoredFilm = Retention & { lastSeenMs: number };
/** The same version with another measure, such as a film's sound alone, is another film. */
export type Film = Omit<StoredFilm, 'counts'> & { counts: Uint32Array };

export type HeldSession = {
  film: Film;
  expiresAt: number;
  /** Tick of its last fetch (watching.ts). */
  tick: number;
  watchMs: number;
  isView: boolean;
  segments: Segments;
};

/** As it is stored: [id, expiresAt, film, tick, isView, '', …runs]. Earlier releases kept the viewer in the sixth place. */
export type StoredSession = [string, number, number, number, 0 | 1, string, ...number[]];

/** From then on its facts are refused, so a session that was forgotten is never counted again. */
export const isForgotten = (expiresAt: number, nowMs: number): boolean => expiresAt * 1000 + FORGET_AFTER_MS <= nowMs;

/** Segment numbers are kept as words of 30 bits: small integers, which an array of V8 holds in 4 bytes each, not as objects. */
const BITS = 30;
const FULL = 2 ** BITS - 1;

export type Segments = number[];

/** Adds a segment; whether it is new. The array grows up to it: who checks numbers bounds it. */
export function addSegment(words: Segments, number: number): boolean {
  const index = Math.floor((number - 1) / BITS);
  const bit = 1 << ((number - 1) % BITS);
  while (words.length <= index) {
    words.push(0);
  }
  const word = words[index] ?? 0;
  words[index] = word | bit;
  return (word & bit) === 0;
}

/** `[first, last, first, last, …]`, ascending: few numbers for a session that watches on. */
export function toRuns(words: Segments): number[] {
  const runs: number[] = [];
  for (const [index, word] of words.entries()) {
    // A snapshot asks this of each session, and most words of one that watches on are full.
    if (word === FULL && runs.at(-1) === index * BITS) {
      runs[runs.length - 1] = (index + 1) * BITS;
      continue;
    }
    for (let rest = word; rest !== 0; rest &= rest - 1) {
      const number = index * BITS + 32 - Math.clz32(rest & -rest);
      if (runs.at(-1) === number - 1) {
        runs[runs.length - 1] = number;
      } else {
        runs.push(number, number);
      }
    }
  }
  return runs;
}

export function fromRuns(runs: readonly number[]): Segments {
  const words: Segments = [];
  for (let index = 0; index + 1 < runs.length; index += 2) {
    const last = runs[index + 1] ?? 0;
    for (let number = runs[index] ?? 1; number <= last; number += 1) {
      addSegment(words, number);
    }
  }
  return words;
}

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

  storedFilms(version: string | null = null): StoredFilm[] {
    const films = [...this.films.values()].filter((film) => version === null || film.version === version);
    return films.map((film) => ({ ...film, counts: [...film.counts] }));
  }

  *storedSessions(): Generator<StoredSession> {
    const numbers = new Map([...this.films.values()].map((film, number) => [film, number]));
    for (const [id, { expiresAt, film, tick, isView, segments }] of this.sessions) {
      yield [id, expiresAt, numbers.get(film) ?? 0, tick, isView ? 1 : 0, '', ...toRuns(segments)];
    }
  }

  restoreSession([id, expiresAt, , tick, isView, , ...runs]: StoredSession, film: Film): void {
    const segments = fromRuns(runs);
    let watchMs = 0;
    for (let index = 0; index + 1 < runs.length; index += 2) {
      const [first = 1, last = 0] = [runs[index], runs[index + 1]];
      watchMs += (last - first) * film.measure.segmentMs + segmentDurationMs(film.measure, last);
    }
    this.words += segments.length;
    this.sessions.set(id, { film, expiresAt, tick, watchMs, isView: isView === 1, segments });
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
