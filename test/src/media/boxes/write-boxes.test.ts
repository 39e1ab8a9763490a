import { expect, test } from 'vitest';
import { BoxReader } from '../../../../src/media/boxes/boxes.ts';
import { ascii, box, fullBox, u8, u16, u32, u64 } from '../../../../src/media/boxes/write-boxes.ts';

test('boxes are read back with their sizes, types and fields', () => {
  const bytes = box(
    'moov',
    fullBox('mvhd', 1, 0x20101, u8(7), u16(0xfffe), u32(0xfffffffd), u64(2 ** 40 + 1)),
    ascii('rest'),
  );
  const reader = new BoxReader(bytes);
  const [moov] = reader.boxes();
  expect(moov).toMatchObject({ type: 'moov', end: bytes.byteLength });
  const mvhd = reader.boxes(8, 8 + 8 + 4 + 15)[0];
  expect(mvhd?.type).toBe('mvhd');
  expect(mvhd && reader.fullBox(mvhd)).toMatchObject({ version: 1, flags: 0x20101 });
  expect([...bytes.subarray(20, 35)]).toEqual([7, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfd, 0, 0, 1, 0, 0, 0, 0, 1]);
  expect(new TextDecoder().decode(bytes.subarray(35))).toBe('rest');
});

test.each([
  ['a byte', () => u8(256)],
  ['16 bits', () => u16(-1)],
  ['32 bits', () => u32(2 ** 32)],
  ['a fraction', () => u32(0.5)],
  ['64 bits', () => u64(2 ** 53)],
  ['a type', () => box('moo')],
  ['flags', () => fullBox('mvhd', 256, 0)],
])('%s that has no such form is refused', (_, write) => {
  expect(write).toThrow(RangeError);
});
