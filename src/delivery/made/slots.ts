/** Slots of source indices, as far as they are being watched: read once for all requests of a segment's tracks. */

import type { MadeSegment } from '../../media/made/made-segment.ts';
import { readSlot, type Slot } from '../../media/made/slot.ts';
import type { SourceIndexFacts } from '../../media/made/source-index.ts';
import { log } from '../../platform/log.ts';
import { LruMap } from '../../platform/lru-map.ts';
import { parsed } from '../../platform/parsed.ts';
import { type FlightOptions, SingleFlight } from '../../platform/single-flight.ts';
import { inTime } from '../../platform/timer.ts';
import { FOLLOWER_WAIT_MS, READ_MS, SLICE_BYTES, SLOT_OVERHEAD_BYTES, SLOTS_BYTES_MAX } from './limits.ts';
import type { MadeKey } from './made-key.ts';
import type { SourceReads } from './source-reads.ts';

export type KnownSlot = {
  slot: Slot;
  facts: SourceIndexFacts;
  /** Whether the picture's first sample has been seen, and is what it must be. */
  isChecked: boolean;
};

export type SlotOptions = FlightOptions & { reads: SourceReads };

const weightOf = (segment: MadeSegment | null): number =>
  segment === null ? 0 : segment.header.byteLength + segment.slices.length * SLICE_BYTES;

export class Slots {
  readonly #options: SlotOptions;
  readonly #known = new LruMap<string, KnownSlot>(SLOTS_BYTES_MAX);
  readonly #flights: SingleFlight<KnownSlot | null>;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#flights = new SingleFlight(options, { joinMs: READ_MS, waitMs: FOLLOWER_WAIT_MS });
  }

  /** Null where there is no such slot. Throws AppError `unavailable`. */
  async read(made: MadeKey): Promise<KnownSlot | null> {
    const known = this.#known.get(made.place);
    if (known !== undefined) {
      return known;
    }
    const joined = await this.#flights.run(made.place, () => this.#load(made));
    return joined.role === 'late' ? this.#load(made) : joined.value;
  }

  async #load(made: MadeKey): Promise<KnownSlot | null> {
    const { reads, startTimer } = this.#options;
    const read = await inTime(reads.slot(made), READ_MS, startTimer);
    if (read === null) {
      return null;
    }
    const slot = parsed(() => readSlot(read.bytes, made.number));
    if (slot === null) {
      log.error({ event: 'source_slot_unreadable', asset: made.ref.assetId, version: made.ref.version });
      return null;
    }
    const known = { slot, facts: read.facts, isChecked: false };
    const weight = SLOT_OVERHEAD_BYTES + weightOf(slot.video) + weightOf(slot.audio);
    this.#known.set(made.place, known, weight);
    return known;
  }
}
