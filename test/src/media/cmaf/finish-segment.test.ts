import { describe, expect, test } from 'vitest';
import { finishSegment } from '../../../../src/media/cmaf/finish-segment.ts';
import { readSegment } from '../../../../src/media/cmaf/media-segment.ts';
import { mediaSegment } from './build-boxes.ts';

/** As shaka-packager writes them. */
const PACKAGED = ['mp41', 'iso8', 'isom', 'mp41', 'dash', 'avc1', 'cmfs'];
const FINISHED = ['msdh', 'iso8', 'isom', 'msdh', 'dash', 'avc1', 'cmfs'];

describe('finishSegment', () => {
  test('writes number, brands and version of a packaged segment, and nothing else', () => {
    const bytes = mediaSegment({ version: 0, withOffsets: false, brands: PACKAGED });
    const finished = finishSegment(bytes, 70_000);
    expect(finished).toEqual(
      mediaSegment({ version: 1, withOffsets: false, brands: FINISHED, sequenceNumber: 70_000 }),
    );
    expect(readSegment(finished)).toMatchObject({ sequenceNumber: 70_000, brands: FINISHED.slice(1) });
    expect(readSegment(bytes)).toMatchObject({ sequenceNumber: 1, trunVersion: 0 });
  });

  test.each([
    ['version 1', { version: 1 }],
    ['version 0 with offsets', { version: 0 }],
  ])('leaves %s alone', (_, options) => {
    expect(finishSegment(mediaSegment(options), 1)).toEqual(mediaSegment(options));
  });

  test('a prefix that holds the moof is enough', () => {
    const bytes = mediaSegment({ brands: PACKAGED });
    const length = bytes.length - 15;
    expect(finishSegment(bytes.subarray(0, length), 9)).toEqual(finishSegment(bytes, 9).subarray(0, length));
  });
});
