/** A shard's whole state ↔ texts that each fit a row: the numbers, then finished hours, films and sessions. Pure. */

import { fromBase64, toBase64 } from '../../platform/encodings.ts';
import { inPages } from '../../platform/row-pages.ts';
import { HyperLogLog } from './hyperloglog.ts';
import type { Film, StoredFilm, StoredSession } from './session-book.ts';
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
type SnapshotPage = Header | { film: StoredFilm } | { sessions: StoredSession[] } | { finishedHours: SplitTally[] };

export const encodeViewers = (viewers: HyperLogLog): string => toBase64(viewers.encode());
export const decodeViewers = (text: string): HyperLogLog => HyperLogLog.decode(fromBase64(text));

const storedDay = ({ startMs, viewers }: ViewersOfDay): StoredDay => ({ startMs, viewers: encodeViewers(viewers) });
const dayOf = ({ startMs, viewers }: StoredDay): ViewersOfDay => ({ startMs, viewers: decodeViewers(viewers) });

/** `sequence`: of the last row of the log that the state includes. One page at a time, so that they are not all held. */
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
    yield JSON.stringify({ film } satisfies SnapshotPage);
  }
  yield* pages('sessions', state.book.storedSessions());
}

function* pages(name: string, items: Iterable<unknown>): Generator<string> {
  for (const texts of inPages(items)) {
    yield `{"${name}":[${texts.join(',')}]}`;
  }
}

/** From the texts of writeSnapshot. Without any, a state in which nothing has happened. */
export function readSnapshot(texts: Iterable<string>): { state: ShardState; sequence: number } {
  const state = new ShardState();
  const films: Film[] = [];
  let sequence = 0;
  for (const text of texts) {
    const page: SnapshotPage = JSON.parse(text);
    if ('layout' in page) {
      readHeader(state, page);
      sequence = page.sequence;
    } else if ('film' in page) {
      films.push(state.book.addFilm({ ...page.film, counts: Uint32Array.from(page.film.counts) }));
    } else if ('finishedHours' in page) {
      state.finished.hours.push(...page.finishedHours);
    } else {
      for (const session of page.sessions) {
        const film = films[session[2]];
        if (film === undefined) {
          throw new TypeError('a snapshot of views without its film');
        }
        state.book.restoreSession(session, film);
        state.watching.add(session[3], 1);
      }
    }
  }
  return { state, sequence };
}

function readHeader(state: ShardState, header: Header): void {
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
    state.hour = { ...tally, split: new SplitCounter() };
    state.hour.split.add(by);
  }
  state.day = header.day === null ? null : dayOf(header.day);
  state.finished = { ...header.finished, days: header.finished.days.map(dayOf) };
}
