/**
 * Segments that are made from the uploaded file when they are asked for, beside the objects that are stored. It stands below
 * every cache. A slot of `source.idx` says which bytes of the source they have; one range of it gives picture and sound of a
 * number together. What is too large to hold, or finds the budget used up, streams.
 */

import type { MadeSegment } from '../../media/made/made-segment.ts';
import { NotStandard } from '../../media/source/not-standard.ts';
import type { Slice } from '../../media/source/standard-source.ts';
import { type FlightOptions, SingleFlight } from '../../platform/single-flight.ts';
import type { ObjectHead, ObjectRead, ObjectSource } from '../objects/objects.ts';
import { type RangeSpec, resolveRange } from '../objects/ranges.ts';
import { FOLLOWER_WAIT_MS, PIECE_BYTES, READ_MS } from './limits.ts';
import { type MadeKey, type MadeTrack, madeKeyOf } from './made-key.ts';
import { ReportOnce, type SourceReport } from './report-once.ts';
import { type MadeBytes, type MakingPlan, planOf, SegmentMaker } from './segment-maker.ts';
import { free, Siblings } from './siblings.ts';
import { type KnownSlot, Slots } from './slots.ts';
import { SourceReads } from './source-reads.ts';

/** Bytes that may be on their way into memory. */
interface Budget {
  /** Null where it is used up. */
  reserve(bytes: number, nowMs: number): number | null;
  release(lease: number): void;
}

export type MadeOptions = FlightOptions & {
  bucket: R2Bucket;
  /** Called for every read of the bucket. */
  countRead: () => void;
  budget: Budget;
  /** Of a segment that is not streamed. */
  heldBytesMax: number;
  /** Tells control that a source does not play after all. */
  report: (report: SourceReport) => Promise<void>;
};

type Found = { made: MadeKey; track: MadeTrack; known: KnownSlot; segment: MadeSegment };

/** The number goes up when other bytes are made of the same slot. */
const ETAG_FORMAT = 1;

/** Strong: the same bytes are made of the same source, slot and track each time. */
function etagOf({ made: { stride, number }, track, known }: Found): string {
  return `"${known.facts.sourceEtag}-${ETAG_FORMAT}-${stride}-${number}-${track}"`;
}

/** Bytes of the caller's own, which it may free. */
type Held = { bytes: Uint8Array<ArrayBuffer>; giveBack: () => void };

const own = (bytes: Uint8Array<ArrayBuffer>): Held => ({ bytes, giveBack: () => free(bytes) });

const siblingKey = (place: string, track: MadeTrack): string => `${place}/${track}`;

export class MadeObjects implements ObjectSource {
  readonly #next: ObjectSource;
  readonly #options: MadeOptions;
  readonly #slots: Slots;
  readonly #maker: SegmentMaker;
  readonly #siblings = new Siblings();
  /** Null: the budget is used up. */
  readonly #flights: SingleFlight<MadeBytes | null>;
  readonly #reports: ReportOnce;

  /** One for all requests of an isolate: they share what is read and made. */
  constructor(next: ObjectSource, options: MadeOptions) {
    const reads = new SourceReads(options.bucket, options.countRead);
    this.#next = next;
    this.#options = options;
    this.#slots = new Slots({ ...options, reads });
    this.#maker = new SegmentMaker({ ...options, reads });
    this.#flights = new SingleFlight(options, { joinMs: READ_MS, waitMs: FOLLOWER_WAIT_MS });
    this.#reports = new ReportOnce(options.report, options.waitUntil, options.now);
  }

  async head(key: string): Promise<ObjectHead | null> {
    const made = madeKeyOf(key);
    if (made === null) {
      return this.#next.head(key);
    }
    const found = await this.#find(made);
    return found && { size: found.segment.sizeBytes, etag: etagOf(found), tier: 'r2' };
  }

  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    const made = madeKeyOf(key);
    if (made === null) {
      return this.#next.get(key, range);
    }
    const found = await this.#find(made);
    if (found === null) {
      return { kind: 'missing' };
    }
    const size = found.segment.sizeBytes;
    const part = range === undefined ? { offset: 0, length: size } : resolveRange(range, size);
    if (!('length' in part)) {
      return { kind: 'unsatisfiable', size };
    }
    try {
      return await this.#make(found, { offset: part.offset, length: part.length });
    } catch (error) {
      if (!(error instanceof NotStandard)) {
        throw error;
      }
      this.#reports.report({ ...made.ref, code: error.code });
      return { kind: 'missing' };
    }
  }

  async #find(made: MadeKey): Promise<Found | null> {
    const { track } = made;
    const known = track === null ? null : await this.#slots.read(made);
    const segment = track === null || known === null ? null : known.slot[track];
    return track === null || known === null || segment === null ? null : { made, track, known, segment };
  }

  async #make(found: Found, part: Slice): Promise<ObjectRead> {
    const head: ObjectHead = { size: found.segment.sizeBytes, etag: etagOf(found), tier: 'r2' };
    const held = await this.#hold(found);
    if (held === null) {
      const body = await this.#maker.stream(found.known, found.track, part);
      return { kind: 'found', ...head, body, part };
    }
    const body = held.bytes.subarray(part.offset, part.offset + part.length);
    return { kind: 'found', ...head, body, part, giveBack: held.giveBack };
  }

  /** The whole segment as bytes of the caller's own; null where it has to stream. */
  async #hold(found: Found): Promise<Held | null> {
    const { made, track, known } = found;
    const { now, heldBytesMax } = this.#options;
    const key = siblingKey(made.place, track);
    const waiting = this.#siblings.take(key, now());
    if (waiting !== null) {
      return own(waiting);
    }
    const plan = planOf(known, track, heldBytesMax);
    if (plan === null) {
      return null;
    }
    const flight = plan.tracks.length > 1 ? made.place : key;
    const joined = await this.#flights.run(flight, () => this.#fill(found, plan));
    const bytes = joined.role === 'late' ? undefined : joined.value?.get(track);
    if (bytes === undefined) {
      return null;
    }
    if (joined.role === 'leader') {
      return own(bytes);
    }
    const left = this.#siblings.take(key, now());
    return left === null ? this.#copy(bytes) : own(left);
  }

  /** Leaves the tracks that the caller did not ask for to the requests that follow. */
  async #fill({ made, track, known }: Found, plan: MakingPlan): Promise<MadeBytes | null> {
    const { budget, now } = this.#options;
    const lease = budget.reserve(plan.sizeBytes + PIECE_BYTES, now());
    if (lease === null) {
      return null;
    }
    try {
      const held = await this.#maker.hold(known, plan);
      for (const [other, bytes] of held) {
        if (other !== track) {
          this.#siblings.put(siblingKey(made.place, other), bytes, now());
        }
      }
      return held;
    } finally {
      budget.release(lease);
    }
  }

  /** For those beyond the first, where no cache above has joined them. Null where the bytes are gone, or the budget is used up. */
  #copy(bytes: Uint8Array<ArrayBuffer>): Held | null {
    const { budget, now } = this.#options;
    const lease = bytes.buffer.detached ? null : budget.reserve(bytes.byteLength, now());
    if (lease === null) {
      return null;
    }
    const { bytes: copy, giveBack } = own(bytes.slice());
    return {
      bytes: copy,
      giveBack: () => {
        budget.release(lease);
        giveBack();
      },
    };
  }
}
