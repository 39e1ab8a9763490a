import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { declaredEnd } from '../../../encoder/inspect/declared-end.ts';

function box(type: string, size: number, content = size - 8): Buffer {
  const bytes = Buffer.alloc(8 + content);
  bytes.writeUInt32BE(size);
  bytes.write(type, 4, 'latin1');
  return bytes;
}

function largeBox(type: string, size: number, content: number): Buffer {
  const bytes = box(type, 1, 8 + content);
  bytes.writeBigUInt64BE(BigInt(size), 8);
  return bytes;
}

const FTYP = box('ftyp', 24);
/** EBML header of five bytes of content, then a Segment with this size field. */
const matroska = (...segmentSize: number[]): Buffer =>
  Buffer.concat([
    Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x85, 1, 2, 3, 4, 5, 0x18, 0x53, 0x80, 0x67, ...segmentSize]),
    Buffer.alloc(20),
  ]);

const endOf = async (bytes: Buffer): Promise<number | null> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-end-'));
  try {
    const path = join(folder, 'file');
    await writeFile(path, bytes);
    return await declaredEnd(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

describe('declaredEnd', () => {
  test.each([
    ['whole', [FTYP, box('moov', 40), box('mdat', 100)], 164],
    ['media cut off', [FTYP, box('moov', 40), box('mdat', 1000, 50)], 1064],
    ['media cut off after 4 GiB', [FTYP, largeBox('mdat', 2 ** 33, 50)], 2 ** 33 + 24],
    ['a fragment cut off', [FTYP, box('moov', 40), box('moof', 80), box('mdat', 90, 10)], 234],
    ['its index cut off', [FTYP, box('mdat', 40), box('moov', 400, 10)], 464],
    ['padding cut off', [FTYP, box('mdat', 40), box('free', 4000, 10)], null],
    ['media to the end of the file, however long', [FTYP, box('mdat', 0, 50)], null],
    ['a size that is none', [FTYP, box('mdat', 5, 50)], null],
    ['a few bytes behind it', [FTYP, box('mdat', 40), Buffer.alloc(5)], 64],
  ])('MP4: %s', async (_, boxes, end) => {
    expect(await endOf(Buffer.concat(boxes))).toBe(end);
  });

  test.each([
    ['size in one byte', [0x94], 15 + 20],
    ['size in eight bytes', [1, 0, 0, 0, 0, 0, 1, 0], 22 + 256],
    ['a live recording, one byte', [0xff], null],
    ['a live recording, eight bytes', [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], null],
    ['no size', [0], null],
  ])('Matroska: %s', async (_, size, end) => {
    expect(await endOf(matroska(...size))).toBe(end);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a few bytes', Buffer.from('ftyp')],
    ['text', Buffer.from('It was a dark and stormy night.')],
    ['a transport stream', Buffer.alloc(188 * 3, 0x47)],
    ['an EBML header that never ends', Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0xfe, ...Array<number>(300).fill(0x18)])],
  ])('%s says nothing', async (_, bytes) => {
    expect(await endOf(bytes)).toBeNull();
  });
});
