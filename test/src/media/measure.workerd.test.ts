import { expect, test } from 'vitest';
import { segmentDurationMs } from '../../../src/analytics/view-rule.ts';
import { countedBy } from '../../../src/media/measure.ts';
import { smallPresentation } from '../delivery/fixture.ts';
import { audioTrack, presentationOf, videoTrack } from './manifest/fixture.ts';

test('a film is counted by its picture', () => {
  expect(countedBy(smallPresentation('asset1'))).toEqual({
    main: 'video',
    // 120120 ticks of 30000 in a second, twice, and 45045.
    measure: { segmentMs: 4004, segments: 3, durationMs: 9510 },
  });
});

test('what has no picture is counted by its sound, and by its average segment', () => {
  const chunks = [{ attempt: '1', firstNumber: 1, segments: [193_536, 191_488, 192_512, 1024] }].map((chunk) => ({
    ...chunk,
    segments: chunk.segments.map((ticks) => [ticks, 1] as [number, number]),
  }));
  const { timescale } = audioTrack('a128-en', 'en');
  const counted = countedBy(presentationOf([audioTrack('a128-en', 'en', { chunks })]));
  const segmentMs = Math.round((192_512 * 1000) / timescale);
  expect(counted).toEqual({
    main: 'audio',
    measure: { segmentMs, segments: 4, durationMs: 3 * segmentMs + Math.round((1024 * 1000) / timescale) },
  });
});

test('a film of one segment lasts as long as that', () => {
  const chunks = [{ attempt: '1', firstNumber: 1, segments: [[45_045, 1]] as [number, number][], keyframeBytes: [1] }];
  const counted = countedBy(presentationOf([videoTrack('v360', 640, 360, 1, { chunks })]));
  expect(counted?.measure).toEqual({ segmentMs: 1502, segments: 1, durationMs: 1502 });
});

test('rounding leaves the last segment its own length, however many there are', () => {
  // 59.94 frames a second and segments of 121 of them: 2018.683… ms, 20,000 times.
  const segments = Array.from({ length: 20_000 }, () => [121_121, 1] as [number, number]);
  segments.push([30_030, 1]);
  const chunks = [{ attempt: '1', firstNumber: 1, segments, keyframeBytes: segments.map(() => 1) }];
  const track = { ...videoTrack('v360', 640, 360, 1, { chunks }), timescale: 60_000 };
  const counted = countedBy(presentationOf([track]));
  if (counted === null) {
    throw new Error('not counted');
  }
  expect(segmentDurationMs(counted.measure, 20_001)).toBe(501);
});
