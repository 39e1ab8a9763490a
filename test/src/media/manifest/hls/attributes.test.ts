import { describe, expect, test } from 'vitest';
import {
  decimalFloat,
  decimalInteger,
  enumerated,
  quoted,
  resolution,
  tag,
} from '../../../../../src/media/manifest/hls/attributes.ts';

describe('an attribute list', () => {
  test('has every type, in order, without what is undefined', () => {
    const attributes = {
      INTEGER: decimalInteger(7),
      FLOAT: decimalFloat(29.97002997, 3),
      WORD: enumerated('NONE'),
      GONE: undefined,
      TEXT: quoted('a,b=c'),
      SIZE: resolution(16, 9),
    };
    expect(tag('EXT-X-TEST', attributes)).toBe('#EXT-X-TEST:INTEGER=7,FLOAT=29.970,WORD=NONE,TEXT="a,b=c",SIZE=16x9');
  });

  test.each([
    ['a quote', () => quoted('a"b')],
    ['a line feed', () => quoted('a\nb')],
    ['a carriage return', () => quoted('a\rb')],
    ['a NUL', () => quoted('\0')],
    ['a comma in a word', () => enumerated('A,B')],
    ['an empty word', () => enumerated('')],
    ['a fraction', () => decimalInteger(1.5)],
    ['a negative', () => decimalInteger(-1)],
    ['NaN', () => decimalInteger(Number.NaN)],
    ['infinity', () => decimalFloat(Number.POSITIVE_INFINITY, 3)],
    ['a size that is not one', () => resolution(16, -9)],
  ])('refuses %s', (_, make) => {
    expect(make).toThrow(TypeError);
  });
});
