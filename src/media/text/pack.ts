/**
 * The one object of a text track: the whole track as WebVTT, then its segments, each a WebVTT file of its own. A segment
 * has every cue that it shows, whole and with times of the film (RFC 8216 3.5), so that players see a cue of two segments once.
 */
import { MAX_TEXT_PACK_BYTES } from '../limits.ts';
import { type Cue, sortCues, TextError } from './cue.ts';
import { webVttBlock, writeWebVtt } from './write-text.ts';

/** Players load a segment as they come to it: 240 for a film of two hours. */
export const TEXT_SEGMENT_SECONDS = 30;
const SEGMENT_MS = TEXT_SEGMENT_SECONDS * 1000;
export const segmentCount = (durationMs: number): number => Math.max(Math.ceil(durationMs / SEGMENT_MS), 1);

/** Cue times are presentation times, which begin at 0. */
const SEGMENT_HEADER = 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n';

export type TextPack = { bytes: Uint8Array; wholeBytes: number; segmentSeconds: number; segmentBytes: number[] };

/** Throws where cues that last long fill every segment with themselves. */
function segmentsOf(cues: readonly Cue[], count: number): string[] {
  const segments = new Array<string>(count).fill(SEGMENT_HEADER);
  let length = 0;
  for (const cue of cues) {
    const block = webVttBlock(cue);
    const last = Math.min(Math.ceil(cue.endMs / SEGMENT_MS), count) - 1;
    for (let at = Math.floor(cue.startMs / SEGMENT_MS); at <= last; at++) {
      segments[at] += block;
      length += block.length;
    }
    if (length > MAX_TEXT_PACK_BYTES) {
      throw tooLong();
    }
  }
  return segments;
}

const tooLong = (): TextError =>
  new TextError(
    'text_too_long',
    'The track is too long: it has too much text, or too many cues that last for minutes.',
  );

/** Cues lie inside the film (`fitCues`). The same cues give the same bytes. */
export function packText(cues: readonly Cue[], durationMs: number): TextPack {
  const sorted = sortCues(cues);
  const segments = segmentsOf(sorted, segmentCount(durationMs));
  const encoder = new TextEncoder();
  const [whole = new Uint8Array(), ...parts] = [writeWebVtt(sorted), ...segments].map((text) => encoder.encode(text));
  const segmentBytes = parts.map(({ byteLength }) => byteLength);
  const bytes = new Uint8Array(segmentBytes.reduce((sum, size) => sum + size, whole.byteLength));
  if (bytes.byteLength > MAX_TEXT_PACK_BYTES) {
    throw tooLong();
  }
  bytes.set(whole);
  let at = whole.byteLength;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return { bytes, wholeBytes: whole.byteLength, segmentSeconds: TEXT_SEGMENT_SECONDS, segmentBytes };
}
