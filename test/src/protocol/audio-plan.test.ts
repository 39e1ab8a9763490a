import fc from 'fast-check';
import { expect, test } from 'vitest';
import { trackIdSchema } from '../../../src/media/ids.ts';
import { canonicalLanguage } from '../../../src/media/language.ts';
import { planAudio } from '../../../src/protocol/audio-plan.ts';
import { audioPlanSchema } from '../../../src/protocol/plan-schema.ts';
import { audioFacts } from './fixture.ts';

const idsOf = (...languages: string[]): string[] =>
  planAudio(
    languages.map((language, index) => audioFacts({ streamIndex: index + 1, language })),
    10,
    4,
  ).map(({ track }) => track);

test('ids are lower case, numbered where a language repeats', () => {
  expect(idsOf('pt-BR', 'en', 'eng', 'en', 'pt-BR', 'en')).toEqual([
    'a128-pt-br',
    'a128-en',
    'a128-eng',
    'a128-en-2',
    'a128-pt-br-2',
    'a128-en-3',
  ]);
});

test('ids of long languages that begin alike are valid and differ', () => {
  const long = 'de-CH-x-a1234567-b1234567-c123456';
  const ids = idsOf(...Array.from({ length: 8 }, (_, index) => `${long}${index}`));
  expect(new Set(ids).size).toBe(8);
  expect(ids.filter((id) => !trackIdSchema.safeParse(id).success)).toEqual([]);
});

test('any languages give plans that the schema accepts', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 8 }), (texts) => {
      const plans = planAudio(
        texts.map((text, index) => audioFacts({ streamIndex: index, language: canonicalLanguage(text) })),
        1,
        4,
      );
      expect(plans.filter((plan) => !audioPlanSchema.safeParse(plan).success)).toEqual([]);
      expect(new Set(plans.map(({ track }) => track)).size).toBe(texts.length);
    }),
  );
});

test('the default track is first, and among equals the film’s own sound', () => {
  const own = audioFacts({ streamIndex: 2, isDefault: true });
  const commentary = audioFacts({ streamIndex: 1, isDefault: true, role: 'commentary', name: 'Director' });
  expect(planAudio([commentary, own], 1, 4).map(({ streamIndex }) => streamIndex)).toEqual([2, 1]);
  const other = { ...own, isDefault: false };
  expect(planAudio([other, commentary], 1, 4).map(({ streamIndex }) => streamIndex)).toEqual([1, 2]);
});

test('names and roles are in the plan, and members that say nothing are not', () => {
  const [plain, named] = planAudio(
    [audioFacts(), audioFacts({ streamIndex: 2, isDefault: false, role: 'description', name: 'Für Blinde' })],
    1,
    4,
  );
  expect(named).toMatchObject({ role: 'description', name: 'Für Blinde' });
  expect(Object.keys(plain ?? {})).not.toContain('role');
  expect(Object.keys(plain ?? {})).not.toContain('name');
});
