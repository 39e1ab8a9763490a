import { describe, expect, test } from 'vitest';
import { cutChapters, cutFacts } from '../../../src/protocol/cut.ts';
import { EmptyRange, planEncode } from '../../../src/protocol/plan.ts';
import { sourceFacts } from './fixture.ts';

const facts = sourceFacts({
  frameRate: { num: 25, den: 1 },
  timeBase: { num: 1, den: 25 },
  frameCount: 1000,
  durationSeconds: 40,
});
const plan = (start?: number, end?: number, video = {}) =>
  planEncode(
    { ...facts, video: { ...facts.video, ...video } },
    { preset: 'medium', ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) },
  );

describe('a part of a film', () => {
  test.each<
    [
      what: string,
      start: number | undefined,
      end: number | undefined,
      frameCount: number,
      leadFrames: number | undefined,
      video?: object,
    ]
  >([
    ['to a time', undefined, 10, 250, undefined],
    ['from a time', 10, undefined, 750, -250],
    ['at the nearest frames', 1.03, 1.29, 6, -26],
    ['to the end, where that comes first', 30, 99, 250, -750],
    ['with some of the sound before the picture', 1, 4, 75, 25, { leadSeconds: 2 }],
    ['from the first picture', 2, 4, 50, undefined, { leadSeconds: 2 }],
    ['into the sound after the picture', 39, 42, 75, -975, { tailSeconds: 5 }],
  ])('%s', (_, start, end, frameCount, leadFrames, video) => {
    const { video: planned, audio } = plan(start, end, video);
    expect(planned).toMatchObject({ frameCount, source: { frameCount: 1000 } });
    expect(planned.leadFrames).toBe(leadFrames);
    expect('leadFrames' in planned).toBe(leadFrames !== undefined);
    expect(audio[0]?.frameCount).toBe(Math.ceil((frameCount / 25) * (48_000 / 1024)));
  });

  test('the whole is planned as without a range', () => {
    expect(plan(0, 40)).toEqual(plan());
  });

  test.each([
    ['after the end', 40, 50],
    ['of less than half a frame', 1.02, 1.03],
  ])('%s there is none', (_, start, end) => {
    expect(() => plan(start, end)).toThrow(EmptyRange);
    expect(() => plan(start, end)).toThrow(/The film lasts 40\.000 s/);
  });

  test('has its warnings and chapters, by its own time', () => {
    const warnings = [
      { code: 'hdr_to_sdr' as const, message: 'HDR' },
      { code: 'picture_damaged' as const, message: 'before', at: 9.9 },
      { code: 'picture_damaged' as const, message: 'within', at: 12 },
      { code: 'picture_damaged' as const, message: 'after', at: 20 },
    ];
    const chapters = [
      {
        language: 'en',
        chapters: [
          { startMs: 0, title: 'One' },
          { startMs: 15_000, title: 'Two' },
        ],
      },
    ];
    const all = { ...facts, warnings, chapters };
    expect(cutFacts(all, plan(10, 20).video)).toMatchObject({
      warnings: [{ message: 'HDR' }, { message: 'within', at: 2 }],
      chapters: [
        {
          language: 'en',
          chapters: [
            { startMs: 0, title: 'One' },
            { startMs: 5000, title: 'Two' },
          ],
        },
      ],
    });
    expect(cutFacts(all, plan().video)).toBe(all);
  });
});

test('chapters: the one that runs at the beginning begins there; a list without any goes', () => {
  const list = (language: string, ...starts: number[]) => ({
    language,
    chapters: starts.map((startMs) => ({ startMs, title: `at ${startMs}` })),
  });
  expect(cutChapters([list('en', 0, 1000, 2000, 3000), list('de', 5000)], 1500, 3000)).toEqual([
    {
      language: 'en',
      chapters: [
        { startMs: 0, title: 'at 1000' },
        { startMs: 500, title: 'at 2000' },
      ],
    },
  ]);
});
