/**
 * The object `{track}/samples`, kept when a version is published: a head, where the first sample of each segment begins in
 * it, and boxes that stand in the movie's index as they are. A download reads the head always, and the rest where it is asked for the
 * index itself. Pure.
 */
import { BoxReader, CmafError, requireBox } from '../boxes/boxes.ts';
import { ascii, concatBytes, u32 } from '../boxes/write-boxes.ts';
import type { Track } from '../presentation.ts';
import type { SampleTables } from './sample-tables.ts';

const MAGIC = 'slsm';
const VERSION = 1;
const FINGERPRINT_BYTES = 8;
export const SAMPLES_HEAD_BYTES = 32;

export type SamplesHead = {
  /** Of the segments that they describe. */
  fingerprint: string;
  segments: number;
  shiftTicks: number;
  /** Of the boxes: stsd, stts, ctts, stss, stsz, stsc. */
  boxesBytes: number;
};

/** Where the boxes begin. */
export const boxesStart = ({ segments }: Pick<SamplesHead, 'segments'>): number => SAMPLES_HEAD_BYTES + 4 * segments;

/**
 * Tells objects of one run of attempts from those of another, by their keys, under which nothing ever changes: a job that is
 * retried may write other segments.
 */
export async function fingerprintOf({ chunks }: Pick<Track, 'chunks'>): Promise<string> {
  const runs = chunks.map(({ attempt, firstNumber, segments }) => `${firstNumber}+${segments.length}:${attempt}`);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(runs.join()));
  return hexOf(new Uint8Array(digest, 0, FINGERPRINT_BYTES));
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The box of sample entries of an init segment. Throws CmafError. */
export function sampleEntriesOf(init: Uint8Array): Uint8Array {
  const reader = new BoxReader(init);
  let boxes = reader.boxes();
  for (const type of ['moov', 'trak', 'mdia', 'minf', 'stbl']) {
    boxes = reader.children(requireBox(boxes, type));
  }
  const { start, end } = requireBox(boxes, 'stsd');
  return init.subarray(start, end);
}

export function writeSamplesFile(
  fingerprint: string,
  entries: Uint8Array,
  { firstSampleOffsets, shiftTicks, boxes }: SampleTables,
): Uint8Array {
  return concatBytes([
    ascii(MAGIC),
    u32(VERSION),
    Uint8Array.from({ length: FINGERPRINT_BYTES }, (_, index) =>
      Number.parseInt(fingerprint.slice(2 * index, 2 * index + 2), 16),
    ),
    u32(firstSampleOffsets.length),
    u32(shiftTicks),
    u32(entries.byteLength + boxes.byteLength),
    u32(0),
    firstSampleOffsets.bytes(),
    entries,
    boxes,
  ]);
}

/** `bytes`: at least the head. Throws CmafError. */
export function readSamplesHead(bytes: Uint8Array): SamplesHead {
  const reader = new BoxReader(bytes);
  const end = SAMPLES_HEAD_BYTES;
  if (reader.fourCharacters(0) !== MAGIC || reader.uint32(4, end) !== VERSION) {
    throw new CmafError('unsupported', 'no sample tables of this release');
  }
  return {
    fingerprint: hexOf(bytes.subarray(8, 8 + FINGERPRINT_BYTES)),
    segments: reader.uint32(16, end),
    shiftTicks: reader.uint32(20, end),
    boxesBytes: reader.uint32(24, end),
  };
}
