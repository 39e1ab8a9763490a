/**
 * Facts of one shard on their way to it: which segments each session was given, as runs of numbers by track. Adding a fact
 * again changes nothing. Bounded by what one row of the counter's log holds. Pure.
 */
import {
  type Batch,
  FORGET_AFTER_MS,
  filmKey,
  MAX_BATCH_BYTES,
  MAX_BATCH_EVENTS,
  type Run,
  type SessionFacts,
} from '../facts.ts';
import type { Visitor } from './visitor.ts';

type GivenRun = { track: string; first: number; last: number };
type VisitorFacts = { visitor: Visitor; runs: GivenRun[] };

/**
 * Every fact looks at all runs of its session. A session that jumps about more than this fills a batch; two such batches
 * in one are half of what the counter takes (batch.ts).
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
  readonly #sessions = new Map<string, VisitorFacts>();
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

  entries(): Iterable<Readonly<VisitorFacts>> {
    return this.#sessions.values();
  }

  /** Whether that was new. */
  add(visitor: Visitor, track: string, number: number): boolean {
    const { runs } = this.#factsOf(visitor);
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

  #factsOf(visitor: Visitor): VisitorFacts {
    const { sessionId, version } = visitor.session;
    let facts = this.#sessions.get(sessionId);
    if (facts === undefined) {
      facts = { visitor, runs: [] };
      this.#sessions.set(sessionId, facts);
      this.#versions.add(version);
      this.#bytes += bytesOf(visitor);
    }
    return facts;
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
   * Leaves out sessions that ended so long ago that their counter may have forgotten them, and would count them again.
   * Returns how many segments that were.
   */
  dropForgotten(nowMs: number): number {
    let dropped = 0;
    for (const [sessionId, { visitor, runs }] of this.#sessions) {
      if (nowMs >= visitor.session.expiresAtSeconds * 1000 + FORGET_AFTER_MS) {
        dropped += runs.reduce((sum, { first, last }) => sum + last - first + 1, 0);
        this.#bytes -= bytesOf(visitor) + runs.length * RUN_BYTES;
        this.#sessions.delete(sessionId);
      }
    }
    this.#events -= dropped;
    return dropped;
  }

  /** As the counter takes it. Throws TypeError if a visitor's viewer has not been hashed. */
  toJson(): string {
    const versions = new Map<string, Batch['versions'][number]>();
    for (const { visitor, runs } of this.#sessions.values()) {
      const { session, views, country, device, viewerHash } = visitor;
      if (viewerHash === null) {
        throw new TypeError('a viewer without a hash');
      }
      const key = filmKey(session.version, views.measure);
      const known = versions.get(key);
      const version = known ?? { version: session.version, measure: views.measure, tracks: [], sessions: [] };
      versions.set(key, version);
      const numbered = runs.map(({ track, first, last }): Run => [indexIn(version.tracks, track), first, last]);
      const facts: SessionFacts = [session.sessionId, session.expiresAtSeconds, viewerHash, country, device, numbered];
      version.sessions.push(facts);
    }
    const { assetId, shard } = this;
    return JSON.stringify({ schema: 1, assetId, shard, versions: [...versions.values()] } satisfies Batch);
  }
}

/** Where a track stands in the list; a new one is added. */
function indexIn(tracks: string[], track: string): number {
  const index = tracks.indexOf(track);
  return index >= 0 ? index : tracks.push(track) - 1;
}
