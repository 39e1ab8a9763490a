/** Sample tables of an ordinary MP4 (ISO/IEC 14496-12 8.6 and 8.7), from the headers of a track's segments. Pure. */
import { CmafError } from '../boxes/boxes.ts';
import { concatBytes, fullBox, u32 } from '../boxes/write-boxes.ts';
import type { SampleDefaults } from '../cmaf/init-segment.ts';
import { readSamples, splitHeaders } from './read-samples.ts';
import { Runs, Words } from './words.ts';

/**
 * Twelve hours at 30 fps have 16 MB, each frame 12 bytes: its size, and its composition offset with a count. A film with more is not
 * offered for download: an isolate has 128 MB.
 */
const MAX_TABLE_WORDS = 5 * 1024 * 1024;

/** What the presentation says of a segment. */
type Segment = { startTicks: number; durationTicks: number; bytes: number };

export type SampleTables = {
  /** Of each segment: where its first sample begins in it. */
  firstSampleOffsets: Words;
  /** Added to all composition offsets, so that none is negative: ticks from the first sample's decode to its presentation. */
  shiftTicks: number;
  /** stts, ctts, stss, stsz and stsc. */
  boxes: Uint8Array;
};

export class SampleTableWriter {
  readonly #defaults: SampleDefaults;
  readonly #firstSampleOffsets = new Words();
  readonly #durations = new Runs();
  readonly #compositions = new Runs();
  readonly #syncs = new Words();
  readonly #sizes = new Words();
  /** first_chunk, samples_per_chunk, sample_description_index: a chunk is a segment. */
  readonly #chunks = new Words();
  #lastChunkSamples = 0;
  #leastOffset = 0;
  #mostOffset = 0;

  constructor(defaults: SampleDefaults) {
    this.#defaults = defaults;
  }

  /** `headers`: of these segments, which follow those before. Throws CmafError where they are of others. */
  add(headers: Uint8Array, segments: readonly Segment[]): void {
    let index = 0;
    for (const header of splitHeaders(headers)) {
      const segment = segments[index];
      if (segment === undefined) {
        throw new CmafError('malformed', `more headers than the ${segments.length} segments`);
      }
      this.#addSegment(header, segment);
      index += 1;
    }
    if (index < segments.length) {
      throw new CmafError('malformed', `${index} headers of ${segments.length} segments`);
    }
  }

  #addSegment(header: Uint8Array, segment: Segment): void {
    let durationTicks = 0;
    const { baseDecodeTime, sampleCount, dataStart, dataEnd } = readSamples(
      header,
      this.#defaults,
      (sizeBytes, ticks, compositionOffset, isSync) => {
        this.#sizes.push(sizeBytes);
        this.#durations.push(ticks);
        this.#compositions.push(compositionOffset);
        if (isSync) {
          this.#syncs.push(this.#sizes.length);
        }
        this.#leastOffset = Math.min(this.#leastOffset, compositionOffset);
        this.#mostOffset = Math.max(this.#mostOffset, compositionOffset);
        durationTicks += ticks;
      },
    );
    if (
      baseDecodeTime !== segment.startTicks ||
      durationTicks !== segment.durationTicks ||
      dataEnd !== segment.bytes ||
      dataStart < header.byteLength + 8
    ) {
      throw new CmafError('malformed', `a header of another segment than the one at ${segment.startTicks}`);
    }
    this.#firstSampleOffsets.push(dataStart);
    if (sampleCount !== this.#lastChunkSamples) {
      this.#lastChunkSamples = sampleCount;
      for (const word of [this.#firstSampleOffsets.length, sampleCount, 1]) {
        this.#chunks.push(word);
      }
    }
    if (this.#sizes.length + this.#compositions.words.length > MAX_TABLE_WORDS) {
      throw new CmafError('unsupported', `more than ${MAX_TABLE_WORDS} words of sample tables`);
    }
  }

  /** After the last segment. */
  finish(): SampleTables {
    this.#durations.end();
    this.#compositions.end();
    const samples = this.#sizes.length;
    // Samples that are shown when they are decoded need no table, and a track of sync samples alone none either.
    const isReordered = this.#leastOffset !== 0 || this.#mostOffset !== 0;
    const hasOthers = this.#syncs.length < samples;
    return {
      firstSampleOffsets: this.#firstSampleOffsets,
      shiftTicks: 0 - this.#leastOffset,
      boxes: concatBytes([
        table('stts', this.#durations.words, 2),
        ...(isReordered ? [this.#compositionTable()] : []),
        ...(hasOthers ? [table('stss', this.#syncs, 1)] : []),
        fullBox('stsz', 0, 0, u32(0), u32(samples), this.#sizes.bytes()),
        table('stsc', this.#chunks, 3),
      ]),
    };
  }

  /** Unsigned offsets, version 0, which every player reads. */
  #compositionTable(): Uint8Array {
    const rows = this.#compositions.words.bytes();
    const view = new DataView(rows.buffer);
    for (let offset = 4; offset < rows.byteLength; offset += 8) {
      view.setUint32(offset, view.getInt32(offset) - this.#leastOffset);
    }
    return fullBox('ctts', 0, 0, u32(rows.byteLength / 8), rows);
  }
}

const table = (type: string, words: Words, wordsPerRow: number): Uint8Array =>
  fullBox(type, 0, 0, u32(words.length / wordsPerRow), words.bytes());
