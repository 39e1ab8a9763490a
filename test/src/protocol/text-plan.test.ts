/** Which text tracks a version gets. */
import { describe, expect, test } from 'vitest';
import { trackIdSchema } from '../../../src/media/ids.ts';
import type { TextKind } from '../../../src/media/presentation.ts';
import { planEncode } from '../../../src/protocol/plan.ts';
import { encodePlanSchema } from '../../../src/protocol/plan-schema.ts';
import { planTexts } from '../../../src/protocol/text-plan.ts';
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
