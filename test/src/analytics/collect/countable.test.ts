import { expect, test } from 'vitest';
import { isMainTrack, isSegmentOf, isWhole } from '../../../../src/analytics/collect/countable.ts';

const answer = (status: number, contentRange?: string) =>
  new Response(null, { status, headers: contentRange === undefined ? {} : { 'content-range': contentRange } });

test.each<[string, string, Response, boolean]>([
  ['a segment', 'GET', answer(200), true],
  ['the whole of it as a range', 'GET', answer(206, 'bytes 0-999/1000'), true],
  ['a probe', 'GET', answer(206, 'bytes 0-1/1000'), false],
  ['all but the beginning', 'GET', answer(206, 'bytes 1-999/1000'), false],
  ['all but the end', 'GET', answer(206, 'bytes 0-998/1000'), false],
  ['several ranges', 'GET', answer(206), false],
  ['what the client has', 'GET', answer(304), false],
  ['what there is not', 'GET', answer(404), false],
  ['a HEAD', 'HEAD', answer(200), false],
])('%s', (_, method, response, counts) => {
  expect(isWhole(method, response)).toBe(counts);
});

test('a session is counted by one kind of track, and by the segments of its film', () => {
  expect(['v360', 'a128-en', 'x1'].map((track) => isMainTrack('video', track))).toEqual([true, false, false]);
  expect(['v360', 'a128-en', 'x1'].map((track) => isMainTrack('audio', track))).toEqual([false, true, false]);
  const measure = { segmentMs: 4000, segments: 3, durationMs: 9000 };
  expect([0, 1, 3, 4].map((number) => isSegmentOf(measure, number))).toEqual([false, true, true, false]);
});
