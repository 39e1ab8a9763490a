/**
 * Facts of one shard on their way to it: which segments each session was given, as runs of numbers by track. Adding a fact
 * again changes nothing. Bounded by what one row of the counter's log holds. Pure.
 */
import type { Measure } from '../../media/measure.ts';
import { type Batch, MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from '../facts.ts';
import { type Entry, type GivenRun, isSilent, runsOf, type Visitor } from './visitor.ts';

/** A fact that continues no latest run looks at all runs of its session: one that jumps about more fills a batch. */
export const MAX_RUNS = 128;
/** Of one asset, played at once; others wait for the next batch. The counter takes twice as many. */
const MAX_FILMS = 8;
/** The asset, and the names of eight versions and their 32 tracks. */
const HEAD_BYTES = 16 * 1024;
/** A session's facts beside its id: times, hash, country, device and punctuation. Its silence: seconds and punctuation. */
const SESSION_BYTES = 64;
/** `[31,99999,99999],` and some to spare. */
const RUN_BYTES = 20;
/** A session that is silent for longer is reported as silent for this long. */
const MAX_SILENT_SECONDS = 3_600;

type Film = { version: string; measure: Measure };

const NO_RUNS: readonly GivenRun[] = [];

export class CollectedBatch {
  readonly assetId: string;
  readonly shard: number;
  readonly openedAtMs: number;
  dueAtMs = Infinity;
  /** They hear once whether it is durable; false: not by this attempt. */
  readonly listeners: ((isDurable: boolean) => void)[] = [];
  readonly entries: Entry[] = [];
  /** Segments given, each once. */
  events = 0;
  /** Those that the meter has: to count each as it comes takes longer than all else that is done for it. */
  metered = 0;
  /** Sessions that it may be the first to tell of: their viewers are to be hashed, and their counters acknowledge them. */
  readonly newcomers: Visitor[] = [];
  readonly #mark = Symbol();
  readonly #films: Film[] = [];
  #bytes = HEAD_BYTES;
  #hasManyRuns = false;

  constructor(assetId: string, shard: number, openedAtMs: number) {
    this.assetId = assetId;
    this.shard = shard;
    this.openedAtMs = openedAtMs;
  }

  /** Whether the next fact might not fit. */
  get isFull(): boolean {
    return (
      this.events >= MAX_BATCH_EVENTS ||
      this.#bytes > MAX_BATCH_BYTES - 2 * (SESSION_BYTES + RUN_BYTES) ||
      this.#hasManyRuns ||
      this.#films.length >= MAX_FILMS
    );
  }

  /** Whether that was new. */
  add(visitor: Visitor, track: string, number: number): boolean {
    const { entry } = visitor;
    if (entry === null || entry.batch !== this.#mark) {
      this.#enter(visitor, track, number, false);
      return true;
    }
    const isNext = number === entry.last + 1 && track === entry.track && entry.others.length === 0;
    const run = isNext ? entry : runFor(runsOf(entry), track, number);
    if (run === 'given') {
      return false;
    }
    if (run === null) {
      entry.others = [...entry.others, { track: entry.track, first: entry.first, last: entry.last }];
      Object.assign(entry, { track, first: number, last: number });
      this.#bytes += RUN_BYTES;
      this.#hasManyRuns ||= entry.others.length + 1 >= MAX_RUNS;
    } else {
      run.last = number;
    }
    entry.isRepeat = false;
    entry.events += 1;
    this.events += 1;
    return true;
  }

  /** Adds the session's last fact again, unless the batch has facts of it. Whether it did. */
  repeat(visitor: Visitor): boolean {
    const { entry } = visitor;
    if (entry === null || entry.batch === this.#mark) {
      return false;
    }
    this.#enter(visitor, entry.track, entry.last, true);
    return true;
  }

  #enter(visitor: Visitor, track: string, number: number, isRepeat: boolean): void {
    const [film, batch] = [this.#filmOf(visitor), this.#mark];
    visitor.entry = { track, first: number, last: number, others: NO_RUNS, events: 1, visitor, film, batch, isRepeat };
    if (!visitor.isAcknowledged) {
      this.newcomers.push(visitor);
    }
    this.entries.push(visitor.entry);
    this.events += 1;
    // The id stands in its facts and in its silence.
    this.#bytes += 2 * visitor.session.sessionId.length + SESSION_BYTES + RUN_BYTES;
  }

  #filmOf({ session: { version }, views: { measure } }: Visitor): number {
    const known = this.#films.findIndex((film) => film.version === version && isSame(film.measure, measure));
    return known >= 0 ? known : this.#films.push({ version, measure }) - 1;
  }

  /** A Batch as the counter takes it, told now. Throws TypeError if a visitor's viewer has not been hashed. */
  toJson(nowMs: number): string {
    const films = this.#films.map((film) => ({ ...film, tracks: [] as string[], sessions: '' }));
    const silent: NonNullable<Batch['silent']> = [];
    for (const entry of this.entries) {
      const { visitor } = entry;
      const film = films[entry.film];
      if (film === undefined || visitor.json === null) {
        throw new TypeError('no film, or a viewer without a hash');
      }
      // By hand: JSON.stringify takes twice as long, and a batch holds thousands.
      film.sessions += `${film.sessions === '' ? '' : ','}${visitor.json}[${runsJson(entry, film.tracks)}]]`;
      const { lastMs, toldAtMs } = visitor;
      visitor.toldAtMs = nowMs;
      if (isSilent(visitor, nowMs)) {
        visitor.toldAtMs = -Infinity;
        const since = (ms: number) => Math.min(Math.floor((nowMs - ms) / 1000), MAX_SILENT_SECONDS);
        silent.push([visitor.session.sessionId, since(lastMs), since(Number.isFinite(toldAtMs) ? toldAtMs : lastMs)]);
      }
    }
    const versions = films.map(
      ({ sessions, ...film }) => `${JSON.stringify(film).slice(0, -1)},"sessions":[${sessions}]}`,
    );
    const { assetId, shard } = this;
    const head = JSON.stringify({ schema: 1, assetId, shard, ...(silent.length === 0 ? {} : { silent }) });
    return `${head.slice(0, -1)},"versions":[${versions.join()}]}`;
  }
}

const isSame = (a: Measure, b: Measure): boolean =>
  a.segmentMs === b.segmentMs && a.segments === b.segments && a.durationMs === b.durationMs;

/** Which of these runs the fact continues, if any, or that one of them has it. */
function runFor(runs: readonly GivenRun[], track: string, number: number): GivenRun | 'given' | null {
  const near = runs.filter((run) => run.track === track && number >= run.first && number <= run.last + 1);
  return near.some(({ last }) => number <= last) ? 'given' : (near.at(-1) ?? null);
}

/** Adds tracks that are new. */
function runsJson(entry: Entry, tracks: string[]): string {
  const others = entry.others.map((run) => `${runJson(run, tracks)},`).join('');
  return `${others}${runJson(entry, tracks)}`;
}

function runJson({ first, last, track }: GivenRun, tracks: string[]): string {
  const index = tracks.indexOf(track);
  return `[${index >= 0 ? index : tracks.push(track) - 1},${first},${last}]`;
}
