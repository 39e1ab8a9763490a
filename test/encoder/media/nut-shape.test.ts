import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeShape, removeShapeOf } from '../../../encoder/media/nut-shape.ts';
import { ffmpeg, withTempDirectory } from './media-fixtures.ts';

/** Its shape, and checksums of its pictures. */
const readBack = (path: string): { shape: string | undefined; pictures: string } => {
  const lines = ffmpeg('-i', path, '-f', 'framecrc', '-').toString().split('\n');
  return {
    shape: lines.find((line) => line.startsWith('#sar'))?.split(': ')[1],
    pictures: lines.filter((line) => !line.startsWith('#')).join(),
  };
};

test('the shape is gone, and nothing else', () =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'a.nut');
    // FFV1 says nothing of its samples' shape.
    ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=1', '-vf', 'setsar=64/45', '-c:v', 'ffv1', path);
    const before = readBack(path);
    expect(before.shape).toBe('64/45');
    await removeShapeOf(path);
    expect(readBack(path)).toEqual({ shape: '0/1', pictures: before.pictures });
  }));

test.each([
  ['no NUT file', Buffer.from('nothing of the kind')],
  ['a head that was cut off', Buffer.from('4e5311405bf2f9db', 'hex')],
])('%s is left alone', (_, bytes) => {
  expect(removeShape(Buffer.from(bytes))).toBeNull();
});
