/**
 * A shard's whole state ↔ texts that each fit a row. First the numbers, then pages of hours, films and sessions: as many as
 * possible beside the numbers, so that a small state is one row. 0.1.0 reads the numbers, and passes over the pages there. Pure.
 */
import { inPages } from '../../platform/row-pages.ts';
import { HyperLogLog } from './hyperloglog.ts';
import type { Film, StoredFilm, StoredSession } from './session-book.ts';
import { ShardState } from './shard-state.ts';
import { SplitCounter, type SplitTally, type Tally } from './tally.ts';
import { tickOf } from './watching.ts';

/** `viewers`: HyperLogLog as JSON. */
type StoredDay = { startMs: number; viewers: string };
type Header = {
  layout: 1;
  sequence: number;
  clockMs: number;
  /** Not in snapshots of earlier releases. */
  copiedMs?: number;
  totals: { views: number; watchMs: number };
  viewers: string;
  /** Earlier releases kept what runs apart. */
  minute: Tally | null;
  hour: SplitTally | null;
  day: StoredDay | null;
  finished: { minutes: Tally[]; hours: SplitTally[]; days: StoredDay[] };
  pages?: Page[];
};
type Page = { film: StoredFilm } | { sessions: StoredSession[] } | { finishedHours: SplitTally[] };

/** `sequence`: of the last row of the log that the state includes. One text at a time, so that they are not all held. */
export function* writeSnapshot(state: ShardState, sequence: number): Generator<string> {
  const { clockMs, copiedMs, totals, viewers, minutes, days } = state;
  const header = JSON.stringify({
    ...{ layout: 1, sequence, clockMs, copiedMs, totals, viewers, minute: null, hour: null, day: null },
    finished: { minutes, hours: [], days },
  });
  const groups = inPages(pagesOf(state));
  yield `${header.slice(0, -1)},"pages":[${(groups.next().value ?? []).join()}]}`;
  for (const pages of groups) {
    yield* pages;
  }
}

function* pagesOf({ book, hours }: ShardState): Generator<string> {
  yield* listOf('finishedHours', hours);
  for (const film of book.storedFilms()) {
    yield JSON.stringify({ film });
  }
  yield* listOf('sessions', book.storedSessions());
}

/** In as many pages as it takes: none is larger than a row. */
function* listOf(name: string, items: Iterable<unknown>): Generator<string> {
  for (const texts of inPages(jsonOf(items))) {
    yield `{"${name}":[${texts.join(',')}]}`;
  }
}

function* jsonOf(items: Iterable<unknown>): Generator<string> {
  for (const item of items) {
    yield JSON.stringify(item);
  }
}

/** From the rows of texts of writeSnapshot. Without any, a state in which nothing has happened. */
export function readSnapshot(rows: Iterable<{ text: string }>): { state: ShardState; sequence: number } {
  const state = new ShardState();
  const films: Film[] = [];
  let sequence = 0;
  for (const page of pagesIn(rows)) {
    if ('layout' in page) {
      readHeader(state, page);
      sequence = page.sequence;
    } else if ('film' in page) {
      films.push(state.book.addFilm({ ...page.film, counts: Uint32Array.from(page.film.counts) }));
    } else if ('finishedHours' in page) {
      state.hours.push(...page.finishedHours.map(hourOf));
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
  // Earlier releases stored the hour that runs before those that are over.
  state.hours.sort((a, b) => a.startMs - b.startMs);
  return { state, sequence };
}

function* pagesIn(rows: Iterable<{ text: string }>): Generator<Header | Page> {
  for (const { text } of rows) {
    const page: Header | Page = JSON.parse(text);
    yield page;
    yield* 'layout' in page ? (page.pages ?? []) : [];
  }
}

function readHeader(state: ShardState, header: Header): void {
  const { layout, clockMs, copiedMs = 0, totals, viewers, minute, hour, day, finished } = header;
  if (layout !== 1) {
    throw new TypeError(`a snapshot of views of layout ${layout}`);
  }
  Object.assign(state.totals, totals);
  Object.assign(state, { clockMs, copiedMs, viewers: HyperLogLog.fromJSON(viewers) });
  state.watching.advance(tickOf(clockMs));
  state.minutes = [...finished.minutes, ...(minute ? [minute] : [])];
  state.hours = [...finished.hours, ...(hour ? [hour] : [])].map(hourOf);
  state.days = [...finished.days, ...(day ? [day] : [])].map(({ startMs, viewers: text }) => ({
    startMs,
    viewers: HyperLogLog.fromJSON(text),
  }));
}

const hourOf = ({ by, ...tally }: SplitTally) => ({ ...tally, by: new SplitCounter(by) });
