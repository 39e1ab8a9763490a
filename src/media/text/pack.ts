/**
 * The one object of a text track: the whole track as WebVTT, then its segments, each a WebVTT file of its own. A segment
 * has every cue that it shows, whole and with times of the film (RFC 8216 3.5), so that players see a cue of two segments once.
 */
import { MAX_TEXT_PACK_BYTES, MAX_TEXT_SLICE_BYTES } from '../limits.ts';
import { type Cue, sortCues, TextError } from './cue.ts';
import { webVttBlock, writeWebVtt } from './write-text.ts';

/** Players load a segment as they come to it: 240 for a film of two hours. */
export const TEXT_SEGMENT_SECONDS = 30;
const SEGMENT_MS = TEXT_SEGMENT_SECONDS * 1000;
export const segmentCount = (durationMs: number): number => Math.max(Math.ceil(durationMs / SEGMENT_MS), 1);

const encoder = new TextEncoder();
/** Cue times are presentation times, which begin at 0. */
const SEGMENT_HEADER = encoder.encode('WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n');

export type TextPack = { bytes: Uint8Array; wholeBytes: number; segmentSeconds: number; segmentBytes: number[] };

/** As bytes: a cue of many segments is held once. Throws where cues that last long fill every segment with themselves. */
function segmentsOf(cues: readonly Cue[], blocks: readonly Uint8Array[], count: number): Uint8Array[][] {
  const segments = Array.from({ length: count }, (): Uint8Array[] => [SEGMENT_HEADER]);
  let length = 0;
  for (const [index, { startMs, endMs }] of cues.entries()) {
    const block = blocks[index] ?? new Uint8Array();
    const last = Math.min(Math.ceil(endMs / SEGMENT_MS), count) - 1;
    for (let at = Math.floor(startMs / SEGMENT_MS); at <= last; at++) {
      segments[at]?.push(block);
      length += block.byteLength;
    }
    if (length > MAX_TEXT_PACK_BYTES) {
      throw tooLong();
    }
  }
  return segments;
}

const sizeOf = (blocks: readonly Uint8Array[]): number => blocks.reduce((sum, { byteLength }) => sum + byteLength, 0);

const tooLong = (): TextError =>
  new TextError(
    'text_too_long',
    'The track is too long: it has too much text, or too many cues that last for minutes.',
  );

/** Cues lie inside the film (`fitCues`). The same cues give the same bytes. */
export function packText(cues: readonly Cue[], durationMs: number): TextPack {
  const sorted = sortCues(cues);
  const blocks = sorted.map((cue) => encoder.encode(webVttBlock(cue)));
  const segments = segmentsOf(sorted, blocks, segmentCount(durationMs));
  const files = [[encoder.encode(writeWebVtt([])), ...blocks], ...segments];
  const [wholeBytes = 0, ...segmentBytes] = files.map(sizeOf);
  const size = segmentBytes.reduce((sum, length) => sum + length, wholeBytes);
  if (size > MAX_TEXT_PACK_BYTES || Math.max(wholeBytes, ...segmentBytes) > MAX_TEXT_SLICE_BYTES) {
    throw tooLong();
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const block of files.flat()) {
    bytes.set(block, at);
    at += block.byteLength;
  }
  return { bytes, wholeBytes, segmentSeconds: TEXT_SEGMENT_SECONDS, segmentBytes };
}
