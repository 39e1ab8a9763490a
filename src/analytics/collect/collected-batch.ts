/**
 * Facts of one shard on their way to it: which segments each session was given, as runs of numbers by track. Adding what
 * is there already changes nothing. Bounded by what one row of the counter's log holds. Pure.
 */
import type { Measure } from '../../media/measure.ts';
import {
  type Batch,
  FORGET_AFTER_MS,
  MAX_BATCH_BYTES,
  MAX_BATCH_EVENTS,
  type Run,
  type SessionFacts,
} from '../facts.ts';
import type { Visitor } from './visitor.ts';

type GivenRun = { track: string; first: number; last: number };
type Entry = { visitor: Visitor; runs: GivenRun[] };

/**
 * Every fact looks at all runs of its session. Who jumps about more than this fills a batch; twice as many, of two batches
 * in one, are half of what the counter takes (batch.ts).
 */
export const MAX_RUNS = 128;
/** Of one asset, played at once; others wait for the next batch. */
const MAX_VERSIONS = 8;
/** The asset, and the names of eight versions and their 32 tracks. */
const HEAD_BYTES = 16 * 1024;
/** A session's facts beside its id: times, hash, country, device and punctuation. */
const SESSION_BYTES = 64;
/** `[31,999999,999999],` and one to spare. */
const RUN_BYTES = 20;

const bytesOf = ({ session }: Visitor): number => session.sessionId.length + SESSION_BYTES;

export class CollectedBatch {
  readonly assetId: string;
  readonly shard: number;
  /** By session id. */
  readonly #entries = new Map<string, Entry>();
  readonly #versions = new Set<string>();
  #events = 0;
  #bytes = HEAD_BYTES;
  #longestRuns = 0;

  constructor(assetId: string, shard: number) {
    this.assetId = assetId;
    this.shard = shard;
  }

  /** Segments given, each once. */
  get events(): number {
    return this.#events;
  }

  /** Whether the next fact might not fit. */
  get isFull(): boolean {
    return (
      this.#events >= MAX_BATCH_EVENTS ||
      this.#bytes > MAX_BATCH_BYTES - 2 * (SESSION_BYTES + RUN_BYTES) ||
      this.#longestRuns >= MAX_RUNS ||
      this.#versions.size >= MAX_VERSIONS
    );
  }

  *entries(): Generator<Readonly<Entry>> {
    yield* this.#entries.values();
  }

  /** Whether that was new. */
  add(visitor: Visitor, track: string, number: number): boolean {
    const { runs } = this.#entryOf(visitor);
    let next: GivenRun | undefined;
    for (const run of runs) {
      if (run.track !== track || number < run.first || number > run.last + 1) {
        continue;
      }
      if (number <= run.last) {
        return false;
      }
      next = run;
    }
    if (next === undefined) {
      runs.push({ track, first: number, last: number });
      this.#bytes += RUN_BYTES;
      this.#longestRuns = Math.max(this.#longestRuns, runs.length);
    } else {
      next.last = number;
    }
    this.#events += 1;
    return true;
  }

  #entryOf(visitor: Visitor): Entry {
    const { sessionId, version } = visitor.session;
    let entry = this.#entries.get(sessionId);
    if (entry === undefined) {
      entry = { visitor, runs: [] };
      this.#entries.set(sessionId, entry);
      this.#versions.add(version);
      this.#bytes += bytesOf(visitor);
    }
    return entry;
  }

  /** Takes over what another batch of the shard holds, unless both are too much for one. */
  absorb(other: CollectedBatch): boolean {
    if (
      this.#events + other.#events > MAX_BATCH_EVENTS ||
      this.#bytes + other.#bytes - HEAD_BYTES > MAX_BATCH_BYTES ||
      this.#longestRuns + other.#longestRuns > 2 * MAX_RUNS ||
      new Set([...this.#versions, ...other.#versions]).size > MAX_VERSIONS
    ) {
      return false;
    }
    for (const { visitor, runs } of other.entries()) {
      for (const { track, first, last } of runs) {
        for (let number = first; number <= last; number += 1) {
          this.add(visitor, track, number);
        }
      }
    }
    return true;
  }

  /**
   * Leaves out sessions so long over that their counter may have forgotten them, and would count them again. Returns how
   * many segments that were.
   */
  dropForgotten(nowMs: number): number {
    let dropped = 0;
    for (const [sessionId, { visitor, runs }] of this.#entries) {
      if (nowMs >= visitor.session.expiresAtSeconds * 1000 + FORGET_AFTER_MS) {
        dropped += runs.reduce((sum, { first, last }) => sum + last - first + 1, 0);
        this.#bytes -= bytesOf(visitor) + runs.length * RUN_BYTES;
        this.#entries.delete(sessionId);
      }
    }
    this.#events -= dropped;
    return dropped;
  }

  /** As the counter takes it. Throws TypeError where a visitor's viewer has not been hashed. */
  toJson(): string {
    const versions = new Map<string, Batch['versions'][number]>();
    for (const { visitor, runs } of this.#entries.values()) {
      const { session, views, country, device, viewerHash: viewer } = visitor;
      if (viewer === null) {
        throw new TypeError('a viewer without a hash');
      }
      const version = versionOf(versions, session.version, views.measure);
      const facts: SessionFacts = [session.sessionId, session.expiresAtSeconds, viewer, country, device, []];
      for (const { track, first, last } of runs) {
        facts[5].push(runOf(version.tracks, track, first, last));
      }
      version.sessions.push(facts);
    }
    const batch: Batch = { schema: 1, assetId: this.assetId, shard: this.shard, versions: [...versions.values()] };
    return JSON.stringify(batch);
  }
}

function versionOf(
  versions: Map<string, Batch['versions'][number]>,
  name: string,
  measure: Measure,
): Batch['versions'][number] {
  const key = `${name} ${measure.segmentMs} ${measure.segments} ${measure.durationMs}`;
  let version = versions.get(key);
  if (version === undefined) {
    version = { version: name, measure, tracks: [], sessions: [] };
    versions.set(key, version);
  }
  return version;
}

function runOf(tracks: string[], track: string, first: number, last: number): Run {
  let index = tracks.indexOf(track);
  if (index < 0) {
    index = tracks.push(track) - 1;
  }
  return [index, first, last];
}
