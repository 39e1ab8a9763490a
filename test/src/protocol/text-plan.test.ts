/** Which text tracks and chapters a version gets. */
import { describe, expect, test } from 'vitest';
import { trackIdSchema } from '../../../src/media/ids.ts';
import type { TextKind } from '../../../src/media/presentation.ts';
import { planEncode } from '../../../src/protocol/plan.ts';
import { encodePlanSchema, type VideoPlan } from '../../../src/protocol/plan-schema.ts';
import { isCut, planChapters, planTexts } from '../../../src/protocol/text-plan.ts';
import { sourceFacts } from './fixture.ts';

const text = (language: string, kind: TextKind = 'subtitles') => ({
  ...{ streamIndex: 2, codec: 'subrip', kind, language, isDefault: false },
});

describe('ids', () => {
  test('tell language and kind, and are unique', () => {
    const texts = [text('en'), text('en'), text('en', 'captions'), text('pt-BR'), text('en', 'forced'), text('en')];
    expect(planTexts(texts).map(({ track }) => track)).toEqual([
      ...['t-en', 't-en-2', 't-en-captions', 't-pt-br', 't-en-forced', 't-en-3'],
    ]);
  });

  test('of a hundred long ones are valid', () => {
    const ids = Array.from({ length: 96 }, () => text('sl-rozaj-biske-1994-x-private-use', 'descriptions'));
    const tracks = planTexts(ids).map(({ track }) => track);
    expect(new Set(tracks).size).toBe(96);
    expect(tracks.every((track) => trackIdSchema.safeParse(track).success)).toBe(true);
  });
});

test('a plan without text does not mention it', () => {
  const options = { preset: 'medium' } as const;
  expect(planEncode(sourceFacts(), options)).not.toHaveProperty('texts');
  const plan = planEncode({ ...sourceFacts(), texts: [text('de')] }, options);
  expect(encodePlanSchema.parse(plan).texts).toEqual([{ track: 't-de', ...text('de') }]);
});

describe('a version', () => {
  const chapters = (...starts: number[]) => [
    { language: 'und', chapters: starts.map((startMs) => ({ startMs, title: `at ${startMs}` })) },
  ];
  const facts = { ...sourceFacts({ leadSeconds: 0.9 }), chapters: chapters(0, 3000, 5000, 10_000) };
  const { video } = planEncode(facts, { preset: 'medium' });

  test('of the whole film has its chapters, from its own first frame', () => {
    expect(isCut(video)).toBe(false);
    // 22 frames of 24 a second are held for 0.9 s of sound.
    expect(planChapters(facts, video)?.[0]?.chapters.map(({ startMs }) => startMs)).toEqual([17, 3017, 5017, 10_017]);
  });

  test('of a part has those inside, and the one that it begins in', () => {
    // From 4 s after the first sound on, for 2 s.
    const part: VideoPlan = { ...video, source: { ...video.source, leadSeconds: 0 }, leadFrames: -96, frameCount: 48 };
    expect(isCut(part)).toBe(true);
    expect(planChapters(facts, part)).toEqual([
      {
        language: 'und',
        chapters: [
          { startMs: 0, title: 'at 3000' },
          { startMs: 1000, title: 'at 5000' },
        ],
      },
    ]);
    expect(planChapters({ ...facts, chapters: chapters(7000) }, part)).toBeUndefined();
  });
});
