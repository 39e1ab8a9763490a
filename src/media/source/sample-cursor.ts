/**
 * Walks the samples of a track over the tables of the index in place: 12 hours have millions of samples, and objects of
 * them would take more memory than an isolate has. Every value is checked as it is read. Pure.
 */
import { MAX_DURATION_SECONDS } from '../limits.ts';
import { damaged } from './movie-boxes.ts';
import { NotStandard } from './not-standard.ts';
import type { SampleTables } from './sample-tables.ts';
import type { SampleCursor } from './standard-source.ts';

/** Of one sample: as far apart as key frames may be. */
const MAX_SAMPLE_SECONDS = 12;
/** Reordering moves frames by a few frame durations; slides are held for seconds. */
const MAX_COMPOSITION_SECONDS = 10;
/** Offsets have 53 bits in a double. */
const MAX_HIGH_WORD = 0x1fffff;

const late = (detail: string): NotStandard => new NotStandard('timing', detail);

export class TableCursor implements SampleCursor {
  index = -1;
  offset = 0;
  sizeBytes = 0;
  durationTicks = 0;
  decodeTicks = 0;
  compositionOffsetTicks = 0;
  isSync = true;

  readonly #tables: SampleTables;
  readonly #view: DataView;
  /** What each sample needs of the tables: a film of three hours has 800,000. */
  readonly #sampleCount: number;
  readonly #hasSync: boolean;
  readonly #fixedBytes: number;
  readonly #sizesStart: number;
  readonly #fileBytes: number;
  readonly #ticksMax: number;
  /** Next entry of stts and ctts, and samples left of the one before. */
  #durationEntry = 0;
  #durationLeft = 0;
  #compositionEntry = 0;
  #compositionLeft = 0;
  /** Next chunk, and where its run of equal chunks ends. */
  #chunk = 0;
  #chunkStart = -1;
  #run = 0;
  #runEnd = 0;
  #samplesPerChunk = 0;
  #samplesLeft = 0;
  /** Index of the next sync sample, and the entry of stss that says it. */
  #syncEntry = 0;
  #nextSync = -1;

  constructor(tables: SampleTables) {
    this.#tables = tables;
    this.#view = tables.view;
    this.#sampleCount = tables.sampleCount;
    this.#hasSync = tables.sync !== null;
    this.#fixedBytes = tables.fixedBytes;
    this.#sizesStart = tables.sizes.start;
    this.#fileBytes = tables.fileBytes;
    this.#ticksMax = MAX_DURATION_SECONDS * tables.timescale;
    if (tables.sync !== null) {
      this.#readSync();
    }
  }

  next(): boolean {
    const index = this.index + 1;
    if (index >= this.#sampleCount) {
      this.#requireEnd();
      return false;
    }
    this.index = index;
    this.decodeTicks += this.durationTicks;
    if (this.#durationLeft === 0) {
      this.#readDuration();
    }
    this.#durationLeft--;
    if (this.decodeTicks > this.#ticksMax) {
      throw late(`more than ${MAX_DURATION_SECONDS} s`);
    }
    if (this.#compositionLeft === 0) {
      this.#readComposition();
    }
    this.#compositionLeft--;
    this.#readPlace();
    if (this.#hasSync) {
      this.isSync = index === this.#nextSync;
      if (this.isSync) {
        this.#readSync();
      }
    }
    return true;
  }

  /** The tables have as many samples as stsz. */
  #requireEnd(): void {
    const { durations, compositions, chunks, runs } = this.#tables;
    const isEnd =
      this.#durationLeft === 0 &&
      this.#durationEntry === durations.count &&
      (compositions === null || (this.#compositionLeft === 0 && this.#compositionEntry === compositions.count)) &&
      this.#samplesLeft === 0 &&
      this.#chunk === chunks.count &&
      this.#run === runs.count &&
      this.#nextSync <= this.index;
    if (!isEnd) {
      throw damaged('tables have more samples than the track');
    }
  }

  #readDuration(): void {
    const { durations, timescale } = this.#tables;
    while (this.#durationLeft === 0) {
      if (this.#durationEntry === durations.count) {
        throw damaged('stts ends too early');
      }
      const at = durations.start + 8 * this.#durationEntry++;
      this.#durationLeft = this.#view.getUint32(at);
      this.durationTicks = this.#view.getUint32(at + 4);
      if (this.durationTicks > MAX_SAMPLE_SECONDS * timescale) {
        throw late(`a sample lasts ${this.durationTicks} ticks of 1/${timescale} s`);
      }
    }
    if (this.durationTicks === 0 && this.index < this.#sampleCount - 1) {
      throw late(`sample ${this.index} lasts no time`);
    }
  }

  #readComposition(): void {
    const { compositions, timescale } = this.#tables;
    if (compositions === null) {
      this.#compositionLeft = this.#sampleCount;
      return;
    }
    while (this.#compositionLeft === 0) {
      if (this.#compositionEntry === compositions.count) {
        throw damaged('ctts ends too early');
      }
      const at = compositions.start + 8 * this.#compositionEntry++;
      this.#compositionLeft = this.#view.getUint32(at);
      // Signed in version 1. In version 0, writers put negative numbers there all the same.
      this.compositionOffsetTicks = this.#view.getInt32(at + 4);
      if (Math.abs(this.compositionOffsetTicks) > MAX_COMPOSITION_SECONDS * timescale) {
        throw late(`composition offset ${this.compositionOffsetTicks} of 1/${timescale} s`);
      }
    }
  }

  #readPlace(): void {
    const end = this.offset + this.sizeBytes;
    if (this.#samplesLeft === 0) {
      this.#readChunk(end);
    } else {
      this.offset = end;
    }
    this.#samplesLeft--;
    this.sizeBytes =
      this.#fixedBytes === 0 ? this.#view.getUint32(this.#sizesStart + 4 * this.index) : this.#fixedBytes;
    if (this.sizeBytes === 0 || this.offset + this.sizeBytes > this.#fileBytes) {
      throw damaged(`sample ${this.index} has ${this.sizeBytes} bytes at ${this.offset} of ${this.#fileBytes}`);
    }
  }

  /** `end`: of the chunk before. */
  #readChunk(end: number): void {
    const { chunks, chunkEntryBytes } = this.#tables;
    if (this.#chunk === chunks.count) {
      throw damaged('chunks end too early');
    }
    if (this.#chunk === this.#runEnd) {
      this.#readRun();
    }
    const at = chunks.start + chunkEntryBytes * this.#chunk++;
    this.#samplesLeft = this.#samplesPerChunk;
    const high = chunkEntryBytes === 8 ? this.#view.getUint32(at) : 0;
    const start = high * 2 ** 32 + this.#view.getUint32(at + chunkEntryBytes - 4);
    if (high > MAX_HIGH_WORD || (start < end && start >= this.#chunkStart && this.#chunkStart >= 0)) {
      throw damaged(`a chunk at ${start} overlaps the one at ${this.#chunkStart}`);
    }
    this.#chunkStart = start;
    this.offset = start;
  }

  /** Chunks of a run have equally many samples. */
  #readRun(): void {
    const { runs, chunks } = this.#tables;
    const at = runs.start + 12 * this.#run;
    if (this.#run === runs.count || this.#view.getUint32(at) !== this.#chunk + 1) {
      throw damaged('stsc leaves out chunks');
    }
    this.#run++;
    this.#samplesPerChunk = this.#view.getUint32(at + 4);
    if (this.#view.getUint32(at + 8) !== 1) {
      throw new NotStandard('parameter_sets', 'several sample entries');
    }
    const next = this.#run === runs.count ? chunks.count : this.#view.getUint32(at + 12) - 1;
    if (this.#samplesPerChunk === 0 || next <= this.#chunk || next > chunks.count) {
      throw damaged(`run ${this.#run} of chunks is empty or ends behind them`);
    }
    this.#runEnd = next;
  }

  #readSync(): void {
    const { sync } = this.#tables;
    if (sync === null || this.#syncEntry === sync.count) {
      return;
    }
    const next = this.#view.getUint32(sync.start + 4 * this.#syncEntry++) - 1;
    if (next <= this.#nextSync) {
      throw damaged('sync samples are not in order');
    }
    this.#nextSync = next;
  }
}
