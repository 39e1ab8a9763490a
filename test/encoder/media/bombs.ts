/** Small files that ask for a lot: made by ffmpeg and by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ffmpeg, makeSource } from './media-fixtures.ts';

const HUGE_SIDE = 30_000;

/** A film of one picture that says it is 30,000 × 30,000, in the file's header and in its own; some kilobytes. */
export function makeHugePicture(path: string): void {
  ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=1:d=1,format=rgb24', '-c:v', 'png', '-f', 'avi', path);
  const bytes = readFileSync(path);
  // RIFF: BITMAPINFOHEADER behind type and size of `strf`. PNG: width and height behind `IHDR`, its CRC behind 13 bytes.
  const format = bytes.indexOf('strf', 0, 'latin1') + 8;
  bytes.writeInt32LE(HUGE_SIDE, format + 4);
  bytes.writeInt32LE(HUGE_SIDE, format + 8);
  const header = bytes.indexOf('IHDR', 0, 'latin1');
  bytes.writeUInt32BE(HUGE_SIDE, header + 4);
  bytes.writeUInt32BE(HUGE_SIDE, header + 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(header, header + 17)), header + 17);
  writeFileSync(path, bytes);
}

/** An MP4 whose index claims `count` frames of one byte each, in one chunk. */
export function makeManyTinyFrames(path: string, count: number): void {
  makeSource(path, '25', 1, '-an');
  const bytes = readFileSync(path);
  const at = (type: string): number => {
    const found = bytes.indexOf(type, 0, 'latin1');
    if (found < 0) {
      throw new Error(`no ${type}`);
    }
    return found + 8;
  };
  // Behind type, version and flags: sample_size, sample_count; entry_count, sample_count; entry_count, first_chunk, samples.
  bytes.writeUInt32BE(1, at('stsz'));
  bytes.writeUInt32BE(count, at('stsz') + 4);
  bytes.writeUInt32BE(1, at('stts'));
  bytes.writeUInt32BE(count, at('stts') + 4);
  bytes.writeUInt32BE(1, at('stsc'));
  bytes.writeUInt32BE(count, at('stsc') + 8);
  writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(count)]));
}

/** Boxes in boxes in boxes. */
export function makeNestedBoxes(path: string, depth: number): void {
  const ftyp = Buffer.from('000000186674797069736f6d0000020069736f6d69736f32', 'hex');
  const boxes = Buffer.alloc(depth * 8);
  for (let level = 0; level < depth; level++) {
    boxes.writeUInt32BE((depth - level) * 8, level * 8);
    boxes.write(level === 0 ? 'moov' : 'trak', level * 8 + 4, 'latin1');
  }
  writeFileSync(path, Buffer.concat([ftyp, boxes]));
}

/** Matroska elements of unknown size, one in the other. */
export function makeNestedElements(path: string, depth: number): void {
  const header = Buffer.from('1a45dfa3934282886d6174726f736b614287810142858101', 'hex');
  const segment = Buffer.from('1853806701ffffffffffffff', 'hex');
  const cluster = Buffer.from('1f43b67501ffffffffffffff', 'hex');
  writeFileSync(path, Buffer.concat([header, segment, ...Array.from({ length: depth }, () => cluster)]));
}
