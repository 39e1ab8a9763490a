/** Makes segments from one range of the source: into memory, or as a stream. Both read alike and give the same bytes. */
import { AppError } from '../../errors.ts';
import { checkKeySample, KEY_SAMPLE_BYTES } from '../../media/source/key-samples.ts';
import { NotStandard } from '../../media/source/not-standard.ts';
import type { Slice } from '../../media/source/standard-source.ts';
import { inTime, type StartTimer, TIMED_OUT, within } from '../../platform/timer.ts';
import { BufferSink, demultiplex, StreamSink, timedReader } from './demultiplex.ts';
import { READ_MS } from './limits.ts';
import type { MadeTrack } from './made-key.ts';
import { cutOut, extentOf } from './slices.ts';
import type { KnownSlot } from './slots.ts';
import type { SourceReads } from './source-reads.ts';

type MakerOptions = { reads: SourceReads; startTimer: StartTimer };

/** The tracks that one read of the source makes. */
export type MakingPlan = { tracks: readonly MadeTrack[]; range: Slice; sizeBytes: number };

/** With the other track, where one range has both. Null: it is too large to be held. */
export function planOf({ slot }: KnownSlot, wanted: MadeTrack, heldBytesMax: number): MakingPlan | null {
  const { video, audio, range } = slot;
  const segment = slot[wanted];
  if (segment === null || segment.sizeBytes > heldBytesMax) {
    return null;
  }
  if (audio === null || range === null || Math.max(video.sizeBytes, audio.sizeBytes) > heldBytesMax) {
    return { tracks: [wanted], range: extentOf(segment.slices), sizeBytes: segment.sizeBytes };
  }
  return { tracks: ['video', 'audio'], range, sizeBytes: video.sizeBytes + audio.sizeBytes };
}

export type MadeBytes = ReadonlyMap<MadeTrack, Uint8Array<ArrayBuffer>>;

export class SegmentMaker {
  readonly #options: MakerOptions;

  constructor(options: MakerOptions) {
    this.#options = options;
  }

  /** Throws NotStandard where the source is not what the index says, AppError `unavailable`. */
  async hold(known: KnownSlot, { tracks, range }: MakingPlan): Promise<MadeBytes> {
    const sinks = new Map<MadeTrack, BufferSink>();
    for (const track of tracks) {
      const segment = known.slot[track];
      if (segment !== null) {
        sinks.set(track, new BufferSink(segment));
      }
    }
    await this.#fill(known, range, [...sinks.values()]);
    const made = new Map([...sinks].map(([track, sink]) => [track, sink.bytes] as const));
    const { header, slices } = known.slot.video;
    const first = slices[0]?.length ?? 0;
    this.#check(known, made.get('video')?.subarray(header.byteLength, header.byteLength + first));
    return made;
  }

  /** A range of a segment. The picture is checked before anything of it is sent. Throws as `hold` does. */
  async stream(known: KnownSlot, track: MadeTrack, part: Slice): Promise<ReadableStream<Uint8Array>> {
    const { header, slices } = cutOut(known.slot[track] ?? known.slot.video, part);
    const range = extentOf(slices);
    const [opened, checked] = await Promise.allSettled([
      range.length === 0 ? null : this.#open(known, range),
      track === 'video' ? this.#checkFirst(known) : undefined,
    ]);
    const source = opened.status === 'fulfilled' ? opened.value : null;
    for (const outcome of [opened, checked]) {
      if (outcome.status === 'rejected') {
        source?.cancel().catch(() => {});
        throw outcome.reason;
      }
    }
    const { readable, writable } = new FixedLengthStream(part.length);
    const reader = source?.getReader({ mode: 'byob' });
    void write(writable, header, async (writer) => {
      if (reader !== undefined) {
        // A client that goes while the source hangs is not noticed: there is nothing to write.
        const timed = timedReader(reader, READ_MS, this.#options.startTimer);
        await demultiplex(timed, range, [new StreamSink(slices, writer)]);
      }
    }).catch((reason: unknown) => reader?.cancel(reason).catch(() => {}));
    return readable;
  }

  #open({ facts }: KnownSlot, range: Slice): Promise<ReadableStream<Uint8Array>> {
    const { reads, startTimer } = this.#options;
    return inTime(reads.source(facts, range), READ_MS, startTimer, (late) => late.cancel());
  }

  async #fill(known: KnownSlot, range: Slice, sinks: readonly BufferSink[]): Promise<void> {
    const { startTimer } = this.#options;
    const source = await this.#open(known, range);
    const reader = source.getReader({ mode: 'byob' });
    try {
      if ((await within(demultiplex(reader, range, sinks), READ_MS, startTimer)) === TIMED_OUT) {
        throw new Error(`no whole range within ${READ_MS} ms`);
      }
      for (const sink of sinks) {
        sink.requireWhole();
      }
    } catch (cause) {
      void reader.cancel(cause).catch(() => {});
      throw new AppError('unavailable', { cause });
    }
  }

  /** By a read of its own, once per slot: a range need not begin with it, and nothing may be sent before. */
  async #checkFirst(known: KnownSlot): Promise<void> {
    const [first] = known.slot.video.slices;
    if (known.isChecked || first === undefined) {
      return;
    }
    const range = { offset: first.offset, length: Math.min(first.length, KEY_SAMPLE_BYTES) };
    const sink = new BufferSink({ header: new Uint8Array(), slices: [range], sizeBytes: range.length });
    await this.#fill(known, range, [sink]);
    this.#check(known, sink.bytes);
  }

  /** `first`: the picture's first slice, or its beginning; undefined: the picture was not made. */
  #check(known: KnownSlot, first: Uint8Array | undefined): void {
    if (first === undefined || known.isChecked) {
      return;
    }
    const code = checkKeySample(known.facts.keySamples, first.subarray(0, KEY_SAMPLE_BYTES));
    if (code !== null) {
      throw new NotStandard(code);
    }
    known.isChecked = true;
  }
}

/** Throws where the source fails or the client has gone. */
async function write(
  writable: WritableStream<Uint8Array>,
  header: Uint8Array,
  writeRest: (writer: WritableStreamDefaultWriter<Uint8Array>) => Promise<void>,
): Promise<void> {
  const writer = writable.getWriter();
  try {
    if (header.byteLength > 0) {
      await writer.write(header);
    }
    await writeRest(writer);
    await writer.close();
  } catch (error) {
    void writer.abort(error).catch(() => {});
    throw error;
  }
}
