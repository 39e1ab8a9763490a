import { describe, expect, test } from 'vitest';
import { mergeWarnings } from '../../../../../src/control/encoding/publish/merge-warnings.ts';
import { MAX_WARNINGS, WARNING_CODES, type Warning } from '../../../../../src/protocol/warnings.ts';

const damaged = (at: number, message = '3 pictures are damaged.'): Warning => ({
  code: 'picture_damaged',
  message,
  at,
});
const report = (track: string, ...warnings: Warning[]) => ({ tracks: [{ track }], warnings });
const SOUND = [{ track: 'a128-eng' }, { track: 'a384-eng', formatOf: 'a128-eng' }, { track: 'a128-fra' }];
const merge = (inspected: Warning[], ...reports: ReturnType<typeof report>[]) =>
  mergeWarnings(inspected, reports, SOUND);

describe('mergeWarnings', () => {
  test('has none where there are none', () => {
    expect(merge([], report('v240'), report('a128-eng'))).toEqual([]);
  });

  test('keeps what is told once as it is, in the order of the film; what has no place comes first', () => {
    const hdr: Warning = { code: 'hdr_to_sdr', message: 'HDR' };
    const late: Warning = { code: 'picture_held', message: 'Held for 2 s', at: 90 };
    expect(merge([late, hdr], report('v240', damaged(7)))).toEqual([hdr, damaged(7), late]);
  });

  test('tells what many chunks found once, with the first place and the number of others', () => {
    const chunks = [damaged(40, '1 picture is damaged.'), damaged(16), damaged(64)];
    expect(merge([], ...chunks.map((warning) => report('v240', warning)))).toEqual([
      damaged(16, '3 pictures are damaged; also in 2 more places'),
    ]);
    expect(merge([damaged(2)], report('v240', damaged(5)))).toEqual([
      damaged(2, '3 pictures are damaged; also in 1 more place'),
    ]);
  });

  test('counts a place once that tasks of two renditions, or the inspection, have seen', () => {
    expect(merge([damaged(16)], report('v240', damaged(16)), report('v1080', damaged(16)))).toEqual([damaged(16)]);
  });

  test('says that sound is mixed down only where it is not there in surround', () => {
    const mixed: Warning = { code: 'surround_to_stereo', message: '6 channels are mixed down to two' };
    expect(merge([], report('a128-eng', mixed), report('a384-eng'), report('a128-fra', mixed))).toEqual([mixed]);
    expect(merge([], report('a128-eng', mixed))).toEqual([]);
  });

  test('tells once what parts and formats of one sound have found', () => {
    const hole: Warning = { code: 'sound_gaps_filled', message: 'One hole', at: 3 };
    const reports = ['a128-eng', 'a128-eng', 'a384-eng'].map((track) => report(track, hole));
    expect(merge([], ...reports, report('a128-fra', hole))).toEqual([hole, hole]);
  });

  test('keeps tracks apart: several of the inspection, and each task of sound', () => {
    const dropped = (message: string): Warning => ({ code: 'track_dropped', message });
    const holes = (at: number): Warning => ({ code: 'sound_gaps_filled', message: '1 hole of 0.2 s', at });
    const tracks = [dropped('Track 3: xHE-AAC'), dropped('Track 4: xHE-AAC')];
    const merged = merge(tracks, report('a128-eng', holes(1)), report('a128-fra', holes(2)));
    expect(merged).toEqual([...tracks, holes(1), holes(2)]);
  });

  test('stays within the bounds of a report, and loses no code', () => {
    const many = Array.from(
      { length: MAX_WARNINGS },
      (_, index): Warning => ({
        code: WARNING_CODES[index % WARNING_CODES.length] ?? 'hdr_to_sdr',
        message: `${'x'.repeat(490)} ${index}`,
        at: index,
      }),
    );
    const merged = merge(many, report('a128-eng', damaged(99, '\u{1F600}'.repeat(250))), report('v240', damaged(98)));
    expect(new Set(merged.map(({ code }) => code))).toEqual(new Set(WARNING_CODES));
    expect(merged).toHaveLength(WARNING_CODES.length);
    expect(Math.max(...merged.map(({ message }) => message.length))).toBeLessThanOrEqual(500);
  });
});
