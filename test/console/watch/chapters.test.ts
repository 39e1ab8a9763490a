/** Chapters as the page reads them, and where keys go. */
import { expect, test } from 'vitest';
import { chapterAt, nextChapterStart, parseChapters } from '../../../console/src/watch/chapters.ts';

const chapter = (startSeconds: number, ...titles: [language: string, title: string][]) => ({
  ...{ chapter: 1, 'start-time': startSeconds, duration: 10 },
  titles: titles.map(([language, title]) => ({ language, title })),
});

test.each([
  [['de'], 'Anfang'],
  [['de-AT', 'en'], 'Anfang'],
  [['fr', 'en-GB'], 'Beginning'],
  [['fr'], 'Beginning'],
  [['pt-PT'], 'Início'],
])('titles for readers of %j: %s', (languages, title) => {
  const body = [chapter(0, ['en', 'Beginning'], ['de', 'Anfang'], ['pt-BR', 'Início'])];
  expect(parseChapters(body, languages)).toEqual([{ startSeconds: 0, title }]);
});

test.each([
  [null],
  ['text'],
  [{}],
  [[null, 1, {}, { 'start-time': '0', titles: [] }, chapter(-1, ['en', 'x']), chapter(0)]],
])('%j has none', (body) => {
  expect(parseChapters(body, ['en'])).toEqual([]);
});

const three = parseChapters([chapter(20, ['en', 'C']), chapter(5, ['en', 'A']), chapter(10, ['en', 'B'])], ['en']);

test.each([
  [0, undefined],
  [5, 'A'],
  [19.9, 'B'],
  [99, 'C'],
])('at %d s: %s', (seconds, title) => {
  expect(chapterAt(three, seconds)?.title).toBe(title);
});

test.each([
  [0, 1, 5],
  [12, 1, 20],
  [20, 1, null],
  // Soon after a start, the one before; later, the start.
  [12, -1, 5],
  [14, -1, 10],
  [6, -1, 0],
] as const)('from %d s, step %d goes to %s', (seconds, step, start) => {
  expect(nextChapterStart(three, seconds, step)).toBe(start);
});

test('without chapters keys go nowhere', () => {
  expect([nextChapterStart([], 30, 1), nextChapterStart([], 30, -1)]).toEqual([null, null]);
});
