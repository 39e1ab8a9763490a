/** Finding the index: how many reads, and what files of other kinds get. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findMovie, movieInPrefix } from '../../../../src/media/source/find-movie.ts';
import { NotStandard, type NotStandardCode } from '../../../../src/media/source/not-standard.ts';

type Piece = { type: string; sizeBytes: number; declared?: number };
const MEBIBYTE = 2 ** 20;
const ftyp: Piece = { type: 'ftyp', sizeBytes: 32 };
const moov = (sizeBytes: number, declared = sizeBytes): Piece => ({ type: 'moov', sizeBytes, declared });
const mdat = (sizeBytes: number, declared = sizeBytes): Piece => ({ type: 'mdat', sizeBytes, declared });

/** A file of empty boxes, of any size: headers are kept, zeros are made. `declared` 0 and sizes above 4 GB are written as they are. */
function fileOf(...pieces: Piece[]) {
  const headers: { offset: number; bytes: Uint8Array }[] = [];
  let sizeBytes = 0;
  for (const { type, sizeBytes: pieceBytes, declared = pieceBytes } of pieces) {
    const isWide = declared >= 2 ** 32;
    const bytes = new Uint8Array(isWide ? 16 : 8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, isWide ? 1 : declared);
    bytes.set(
      Array.from(type, (character) => character.charCodeAt(0)),
      4,
    );
    if (isWide) {
      view.setBigUint64(8, BigInt(declared));
    }
    headers.push({ offset: sizeBytes, bytes });
    sizeBytes += pieceBytes;
  }
  const reads: [number, number][] = [];
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    if (offset < 0 || length < 1 || offset + length > sizeBytes) {
      throw new RangeError(`${length} bytes at ${offset} of ${sizeBytes}`);
    }
    reads.push([offset, length]);
    const answer = new Uint8Array(length);
    for (const header of headers) {
      for (const [index, byte] of header.bytes.entries()) {
        const at = header.offset + index - offset;
        if (at >= 0 && at < length) {
          answer[at] = byte;
        }
      }
    }
    return answer;
  };
  return { read, reads, sizeBytes };
}

async function codeOf(found: () => unknown): Promise<NotStandardCode | 'found'> {
  try {
    await found();
    return 'found';
  } catch (error) {
    if (error instanceof NotStandard) {
      return error.code;
    }
    throw error;
  }
}

const GIBIBYTE = 2 ** 30;

describe('the reads of a file', () => {
  test.each([
    ['a small one', [ftyp, moov(5000), mdat(9000)], 1],
    ['the index in front', [ftyp, moov(300_000), mdat(GIBIBYTE)], 1],
    ['a large index in front', [ftyp, moov(12 * MEBIBYTE), mdat(8 * GIBIBYTE)], 2],
    ['the index at the end', [ftyp, { type: 'free', sizeBytes: 8 }, mdat(8 * GIBIBYTE), moov(12 * MEBIBYTE)], 2],
    ['an index without end', [ftyp, mdat(GIBIBYTE), moov(500, 0)], 2],
    ['boxes behind the index', [ftyp, mdat(GIBIBYTE), moov(500), { type: 'free', sizeBytes: 30 * MEBIBYTE }], 2],
    ['QuickTime of old', [{ type: 'wide', sizeBytes: 8 }, mdat(GIBIBYTE), moov(500)], 2],
    ['media data in pieces', [ftyp, mdat(GIBIBYTE), mdat(GIBIBYTE), mdat(GIBIBYTE), moov(500)], 4],
  ] satisfies [string, Piece[], number][])('%s', async (_name, pieces, expected) => {
    const { read, reads, sizeBytes } = fileOf(...pieces);
    const found = await findMovie(read, sizeBytes);
    expect(String.fromCharCode(...found.subarray(4, 8))).toBe('moov');
    expect(found.byteLength).toBe(pieces.find(({ type }) => type === 'moov')?.sizeBytes);
    expect(reads).toHaveLength(expected);
  });

  test.each([
    ['not_mp4', 'another format', [{ type: 'RIFF', sizeBytes: 100 }]],
    ['not_mp4', 'a few bytes', [{ type: 'ftyp', sizeBytes: 7 }]],
    ['fragmented', 'fragments', [ftyp, { type: 'moof', sizeBytes: 100 }]],
    ['fragmented', 'a segment', [{ type: 'styp', sizeBytes: 100 }]],
    ['index_missing', 'media data alone', [ftyp, mdat(GIBIBYTE)]],
    ['index_missing', 'media data without end', [ftyp, mdat(GIBIBYTE, 0)]],
    ['index_missing', 'media data that is longer than the file', [ftyp, mdat(GIBIBYTE, 2 * GIBIBYTE), moov(500)]],
    ['index_missing', 'pieces without end', [ftyp, ...Array.from({ length: 40 }, () => mdat(GIBIBYTE))]],
    ['index_damaged', 'an index that is longer than the file', [ftyp, moov(5000, 6000)]],
    ['index_damaged', 'a box of 4 bytes', [ftyp, { type: 'free', sizeBytes: 100, declared: 4 }]],
    ['index_damaged', 'a box of 2^60 bytes', [ftyp, mdat(GIBIBYTE, 2 ** 60), moov(500)]],
    ['index_too_large', 'a huge index', [ftyp, moov(25 * MEBIBYTE)]],
  ] satisfies [NotStandardCode, string, Piece[]][])('%s: %s', async (code, _name, pieces) => {
    const { read, reads, sizeBytes } = fileOf(...pieces);
    expect(await codeOf(() => findMovie(read, sizeBytes))).toBe(code);
    expect(reads.length).toBeLessThanOrEqual(12);
  });

  test('a source that got shorter', async () => {
    const { read, sizeBytes } = fileOf(ftyp, moov(2 * MEBIBYTE), mdat(100));
    const short = async (offset: number, length: number) => (await read(offset, length)).subarray(1);
    expect(await codeOf(() => findMovie(short, sizeBytes))).toBe('index_damaged');
  });
});

describe('the first bytes of a file that is on its way', () => {
  const prefixOf = async (length: number, ...pieces: Piece[]) => {
    const { read, sizeBytes } = fileOf(...pieces);
    return movieInPrefix(await read(0, length), sizeBytes);
  };
  const inFront = [ftyp, moov(5000), mdat(MEBIBYTE)];

  test.each([
    [4, inFront, 'later'],
    [33, inFront, 'later'],
    [5031, inFront, 'later'],
    [100, [ftyp, mdat(MEBIBYTE), moov(500)], 'behind'],
    [100, [ftyp, { type: 'free', sizeBytes: 1000 }, moov(500)], 'later'],
    [100, [ftyp, mdat(16), moov(500)], 'later'],
  ] satisfies [number, Piece[], string][])('%i bytes of %o: %s', async (length, pieces, expected) => {
    expect(await prefixOf(length, ...pieces)).toBe(expected);
  });

  test('the index, as soon as it is there', async () => {
    const found = await prefixOf(5032, ...inFront);
    expect(found).toHaveLength(5000);
  });

  test.each([
    ['not_mp4', 16, [{ type: 'RIFF', sizeBytes: 100 }]],
    ['index_too_large', 48, [ftyp, moov(25 * MEBIBYTE)]],
    ['fragmented', 48, [ftyp, { type: 'moof', sizeBytes: 100 }]],
    ['index_missing', 132, [ftyp, { type: 'free', sizeBytes: 100 }]],
  ] satisfies [NotStandardCode, number, Piece[]][])('%s of %i bytes', async (code, length, pieces) => {
    expect(await codeOf(() => prefixOf(length, ...pieces))).toBe(code);
  });
});

test('random bytes give typed errors only, and few reads', async () => {
  const bytes = fc.uint8Array({ maxLength: 64 });
  const start = fc.constantFrom('ftyp', 'moov', 'mdat', 'free', 'wide');
  const file = fc
    .tuple(fc.integer({ min: 0, max: 80 }), start, bytes, start, bytes)
    .map(([size, first, a, second, b]) =>
      Uint8Array.from(
        [0, 0, 0, size, ...first, ...a, 0, 0, 0, b.length + 8, ...second, ...b].flatMap((part) =>
          typeof part === 'string' ? part.charCodeAt(0) : part,
        ),
      ),
    );
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, file), async (content) => {
      let reads = 0;
      const read = async (offset: number, length: number) => {
        reads++;
        return content.subarray(offset, offset + length);
      };
      await codeOf(() => findMovie(read, content.byteLength));
      await codeOf(() => movieInPrefix(content, content.byteLength * 2));
      expect(reads).toBeLessThanOrEqual(13);
    }),
    { numRuns: 2000 },
  );
});
