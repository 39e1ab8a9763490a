import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trackIdSchema } from '../../../src/media/ids.ts';
import { canonicalLanguage } from '../../../src/media/language.ts';
import { planAudio } from '../../../src/protocol/audio-plan.ts';
import type { AudioOptions } from '../../../src/protocol/encode-options.ts';
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

describe('formats', () => {
  const plansOf = (channels: number, options: AudioOptions = {}) =>
    planAudio([audioFacts({ channels, language: 'en' })], 10, 4, options);

  test.each([1, 2, 3, 4])('of %i channels: stereo alone, planned as ever', (channels) => {
    expect(plansOf(channels, { dolby: true })).toEqual([
      {
        ...{ track: 'a128-en', streamIndex: 1, language: 'en', bitrateKbps: 128, channels: 2, sampleRate: 48_000 },
        ...{ frameCount: 469, segmentSeconds: 4 },
      },
    ]);
  });

  test.each([5, 6, 8])('of %i channels: 5.1 beside stereo', (channels) => {
    expect(
      plansOf(channels).map(({ track, channels: count, bitrateKbps, formatOf }) => [
        track,
        count,
        bitrateKbps,
        formatOf,
      ]),
    ).toEqual([
      ['a128-en', 2, 128, undefined],
      ['a384-en', 6, 384, 'a128-en'],
    ]);
  });

  test('E-AC-3 comes with AC-3, in access units of their own', () => {
    const plans = plansOf(6, { dolby: true, loudness: -23 });
    expect(plans.map(({ track, codec, frameCount, formatOf }) => [track, codec, frameCount, formatOf])).toEqual([
      ['a128-en', undefined, 469, undefined],
      ['a384-en', undefined, 469, 'a128-en'],
      ['a-ec3-384-en', 'eac3', 313, 'a128-en'],
      ['a-ac3-448-en', 'ac3', 313, 'a128-en'],
    ]);
    expect(plans.map(({ targetLufs }) => targetLufs)).toEqual([-23, -23, -23, -23]);
    expect(plans.filter((plan) => !audioPlanSchema.safeParse(plan).success)).toEqual([]);
  });

  test('of ten tracks of one language each belong to their own stereo track', () => {
    const streams = Array.from({ length: 10 }, (_, index) =>
      audioFacts({ streamIndex: index, channels: 6, language: 'en' }),
    );
    const plans = planAudio(streams, 10, 4, { dolby: true });
    expect(new Set(plans.map(({ track }) => track)).size).toBe(40);
    for (const { streamIndex, formatOf } of plans.filter((plan) => plan.formatOf !== undefined)) {
      expect(plans.find(({ track }) => track === formatOf)).toMatchObject({ streamIndex, channels: 2 });
    }
  });

  test('ids that the version has are not used again', () => {
    expect(planAudio([audioFacts({ language: 'en' })], 10, 4, {}, ['a128-en'])).toMatchObject([{ track: 'a128-en-2' }]);
  });
});
