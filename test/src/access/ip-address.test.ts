import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIpAddress, parseIpRange, rangeContains } from '../../../src/access/ip-address.ts';

describe('an address', () => {
  test.each([
    ['0.0.0.0', 32, 0n],
    ['192.0.2.1', 32, 0xc0000201n],
    ['255.255.255.255', 32, 0xffffffffn],
    ['::', 128, 0n],
    ['::1', 128, 1n],
    ['1::', 128, 1n << 112n],
    ['2001:db8::1', 128, 0x20010db8000000000000000000000001n],
    ['2001:DB8:0:0:0:0:0:1', 128, 0x20010db8000000000000000000000001n],
    ['1:2:3:4:5:6:7::', 128, 0x00010002000300040005000600070000n],
    ['64:ff9b::192.0.2.1', 128, 0x0064ff9b0000000000000000c0000201n],
    ['::ffff:192.0.2.1', 32, 0xc0000201n],
    ['::ffff:c000:201', 32, 0xc0000201n],
  ])('%s', (text, bits, value) => {
    expect(parseIpAddress(text)).toEqual({ bits, value });
  });

  test.each([
    '',
    ' ',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.04',
    '0x1.2.3.4',
    '1.2.3.-4',
    '1.2.3.4 ',
    '1.2..4',
    '.',
    '...',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '::1%eth0',
    '[::1]',
    '1.2.3.4::',
    '::1.2.3',
    '::1.2.3.4:5',
    ':1::',
    '1:',
    '::1:',
    'a'.repeat(100_000),
    ':'.repeat(100_000),
  ])('is not %.30j', (text) => {
    expect(parseIpAddress(text)).toBeNull();
  });

  test('round-trips in full form', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, (values) => {
        const value = values.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
        fc.pre(value >> 32n !== 0xffffn);
        expect(parseIpAddress(values.map((group) => group.toString(16)).join(':'))).toEqual({ bits: 128, value });
      }),
    );
  });
});

describe('a range', () => {
  test.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['192.0.2.1/32', '192.0.2.0', false],
    ['0.0.0.0/0', '255.1.1.1', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '1.2.3.4', false],
    ['2001:db8::/33', '2001:db8:7fff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['::ffff:10.0.0.0/104', '11.0.0.0', false],
  ])('%s and %s: %s', (range, address, expected) => {
    const [parsedRange, parsedAddress] = [parseIpRange(range), parseIpAddress(address)];
    expect(parsedRange && parsedAddress && rangeContains(parsedRange, parsedAddress)).toBe(expected);
  });

  test.each([
    '',
    '/',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0.0/1e1',
    '::/129',
    '::ffff:1.2.3.4/95',
    'x/8',
    '10.0.0.0/255.0.0.0',
  ])('is not %j', (text) => {
    expect(parseIpRange(text)).toBeNull();
  });
});
