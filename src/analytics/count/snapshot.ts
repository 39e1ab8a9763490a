/** A shard's whole state ↔ texts that each fit a row. Pure. The first holds the numbers, then come films, then sessions. */

import { fromBase64, toBase64 } from '../../platform/encodings.ts';
import { inPages } from '../../platform/row-pages.ts';
import { HyperLogLog } from './hyperloglog.ts';
import type { StoredFilm, StoredSession } from './session-book.ts';
import { ShardState, type ViewersOfDay } from './shard-state.ts';
import { SplitCounter, type SplitTally, type Tally } from './tally.ts';
import { tickOf } from './watching.ts';

type StoredDay = { startMs: number; viewers: string };
type Header = {
  layout: 1;
  sequence: number;
  clockMs: number;
  totals: { views: number; watchMs: number };
  viewers: string;
  minute: Tally | null;
  hour: SplitTally | null;
  day: StoredDay | null;
  finished: { minutes: Tally[]; hours: SplitTally[]; days: StoredDay[] };
};
type Page = { film: StoredFilm } | { sessions: StoredSession[] } | { finishedHours: SplitTally[] };

export const encodeViewers = (viewers: HyperLogLog): string => toBase64(viewers.encode());
export const decodeViewers = (text: string): HyperLogLog => HyperLogLog.decode(fromBase64(text));

const storedDay = ({ startMs, viewers }: ViewersOfDay): StoredDay => ({ startMs, viewers: encodeViewers(viewers) });
const dayOf = ({ startMs, viewers }: StoredDay): ViewersOfDay => ({ startMs, viewers: decodeViewers(viewers) });

/** `sequence`: of the last row of the log that the state has in it. One page at a time, so that they need not all be held. */
export function* writeSnapshot(state: ShardState, sequence: number): Generator<string> {
  const { clockMs, totals, viewers, minute, hourTally, day, finished } = state;
  const header: Header = {
    layout: 1,
    sequence,
    clockMs,
    totals,
    viewers: encodeViewers(viewers),
    minute,
    hour: hourTally,
    day: day === null ? null : storedDay(day),
    finished: { minutes: finished.minutes, hours: [], days: finished.days.map(storedDay) },
  };
  yield JSON.stringify(header);
  yield* pages('finishedHours', finished.hours);
  for (const film of state.book.storedFilms()) {
    yield JSON.stringify({ film } satisfies Page);
  }
  yield* pages('sessions', state.book.storedSessions());
}

function* pages(name: string, items: Iterable<unknown>): Generator<string> {
  for (const texts of inPages(items)) {
    yield `{"${name}":[${texts.join(',')}]}`;
  }
}

/** Of what writeSnapshot wrote; no texts: a state in which nothing has happened. */
export function readSnapshot(texts: Iterable<string>): { state: ShardState; sequence: number } {
  const state = new ShardState();
  const films: ReturnType<typeof state.book.restoreFilm>[] = [];
  let sequence = 0;
  let isFirst = true;
  for (const text of texts) {
    if (isFirst) {
      sequence = readHeader(state, JSON.parse(text));
      isFirst = false;
      continue;
    }
    const page: Page = JSON.parse(text);
    if ('film' in page) {
      films.push(state.book.restoreFilm(page.film));
    } else if ('finishedHours' in page) {
      state.finished.hours.push(...page.finishedHours);
    } else {
      restoreSessions(state, films, page.sessions);
    }
  }
  return { state, sequence };
}

function readHeader(state: ShardState, header: Header): number {
  if (header.layout !== 1) {
    throw new TypeError(`a snapshot of views of layout ${header.layout}`);
  }
  Object.assign(state.totals, header.totals);
  state.clockMs = header.clockMs;
  state.watching.advance(tickOf(header.clockMs));
  state.viewers = decodeViewers(header.viewers);
  state.minute = header.minute;
  if (header.hour !== null) {
    const { by, ...tally } = header.hour;
    state.hour = { ...tally, split: new SplitCounter(by) };
  }
  state.day = header.day === null ? null : dayOf(header.day);
  state.finished = { ...header.finished, days: header.finished.days.map(dayOf) };
  return header.sequence;
}

function restoreSessions(
  state: ShardState,
  films: Parameters<typeof state.book.restoreSession>[1][],
  all: StoredSession[],
): void {
  for (const session of all) {
    const film = films[session[2]];
    if (film === undefined) {
      throw new TypeError('a snapshot of views without its film');
    }
    state.book.restoreSession(session, film);
    state.watching.restore(session[3]);
  }
}
