import { expect, test } from 'vitest';
import { startChecksum } from '../../../../../src/control/uploads/session/checksum.ts';

// `printf 123456789 | sha1sum`, `sha256sum`, and the check value of CRC-32 (cbf43926), in base64.
test.each([
  ['sha1', '98O8HYCOBHMq32eZZczDTKeuNEE='],
  ['sha256', 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU='],
  ['crc32', 'y/Q5Jg=='],
] as const)('%s of bytes in pieces', async (algorithm, digest) => {
  const checksum = startChecksum(algorithm);
  for (const piece of ['1234', '', '56789']) {
    await checksum.add(new TextEncoder().encode(piece));
  }
  expect(await checksum.digest()).toBe(digest);
});
