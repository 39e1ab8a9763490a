import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRange, parseRangeSpec, resolveRange } from '../../../../src/delivery/objects/ranges.ts';

const none = { kind: 'none' };
const unsatisfiable = { kind: 'unsatisfiable' };
const part = (offset: number, length: number) => ({ kind: 'satisfiable', offset, length });

describe('a Range header, for 100 bytes', () => {
  test.each([
    ['bytes=0-0', part(0, 1)],
    ['bytes=0-99', part(0, 100)],
    ['bytes=10-19', part(10, 10)],
    ['bytes=90-200', part(90, 10)],
    ['bytes=99-', part(99, 1)],
    ['bytes=0-', part(0, 100)],
    ['bytes=-1', part(99, 1)],
    ['bytes=-100', part(0, 100)],
    ['bytes=-101', part(0, 100)],
    ['BYTES=5-6', part(5, 2)],
    ['bytes= 5-6 ', part(5, 2)],
    ['bytes=0-999999999999999', part(0, 100)],
    ['bytes=100-', unsatisfiable],
    ['bytes=100-100', unsatisfiable],
    ['bytes=999999999999999-', unsatisfiable],
    ['bytes=-0', unsatisfiable],
    [null, none],
    ['', none],
    ['bytes', none],
    ['bytes=', none],
    ['bytes=-', none],
    ['bytes=5-4', none],
    ['bytes=0-1,3-4', none],
    ['bytes=0-1,', none],
    ['items=0-1', none],
    ['bytes 0-1', none],
    ['bytes=0 - 1', none],
    ['bytes=+0-1', none],
    ['bytes=0x0-1', none],
    ['bytes=1.5-2', none],
    ['bytes=0-1e3', none],
    ['bytes=--1', none],
    ['bytes=0--1', none],
    ['bytes=１-２', none],
    ['bytes=0-1\n', none],
    [`bytes=${'9'.repeat(16)}-`, none],
    [`bytes=${'0-1,'.repeat(10_000)}0-1`, none],
  ])('%.40j', (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected);
  });

  test('of nothing cannot be satisfied', () => {
    for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-1']) {
      expect(parseRange(header, 0)).toEqual(unsatisfiable);
    }
  });

  test('never leaves the object, and is what was asked for', () => {
    const number = fc.integer({ min: 0, max: 300 });
    fc.assert(
      fc.property(fc.option(number), fc.option(number), fc.integer({ min: 0, max: 200 }), (first, last, size) => {
        const bytes = Array.from({ length: size }, (_, index) => index);
        const result = parseRange(`bytes=${first ?? ''}-${last ?? ''}`, size);
        // RFC 9110 14.1.2 in the words of slice.
        const wanted =
          first === null
            ? bytes.slice(Math.max(0, size - (last ?? 0)))
            : bytes.slice(first, last === null ? size : last + 1);
        if (result.kind === 'satisfiable') {
          expect(bytes.slice(result.offset, result.offset + result.length)).toEqual(wanted);
          expect(result.offset + result.length).toBeLessThanOrEqual(size);
        } else {
          expect(wanted).toEqual([]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('any text is answered', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const spec = parseRangeSpec(`bytes=${text}`);
        expect(spec === null || resolveRange(spec, 10).kind.length > 0).toBe(true);
      }),
    );
  });
});
