/** What the facts say of text tracks and chapters. */
import { describe, expect, test } from 'vitest';
import { describeChapters } from '../../../encoder/inspect/source-chapters.ts';
import { describeTexts, pictureCaptions } from '../../../encoder/inspect/source-texts.ts';
import { MAX_CHAPTERS, MAX_TEXT_TRACKS } from '../../../src/media/limits.ts';
import { chaptersSchema } from '../../../src/media/presentation.ts';
import { audioFacts } from '../../src/protocol/fixture.ts';

const stream = (codec_name: string, ...flags: string[]) => ({
  ...{ index: 2, codec_type: 'subtitle', codec_name, tags: { language: 'ger' } },
  disposition: Object.fromEntries(flags.map((flag) => [flag, 1])),
});

describe('the kind of a text track', () => {
  test.each([
    ['subrip', [], 'subtitles'],
    ['subrip', ['forced', 'hearing_impaired'], 'forced'],
    ['ass', ['hearing_impaired'], 'captions'],
    ['webvtt', ['captions'], 'captions'],
    ['mov_text', ['descriptions'], 'descriptions'],
    ['eia_608', [], 'captions'],
  ])('%s with %j is %s', (codec, flags, kind) => {
    expect(describeTexts([stream(codec, ...flags)])).toEqual([
      { streamIndex: 2, codec, kind, language: 'de', isDefault: false },
    ]);
  });
});

test('there is a limit, and names of programs are none', () => {
  const tagged = { ...stream('mov_text', 'default'), tags: { handler_name: 'SubtitleHandler', title: ' Voll\n' } };
  const texts = describeTexts([tagged, ...new Array(MAX_TEXT_TRACKS).fill(stream('mov_text'))]);
  expect(texts).toHaveLength(MAX_TEXT_TRACKS);
  expect(texts[0]).toMatchObject({ name: 'Voll', isDefault: true, language: 'und' });
  expect(texts[1]).not.toHaveProperty('name');
});

test('captions in the picture are in the language of the default sound', () => {
  const sounds = [audioFacts({ language: 'es', isDefault: false }), audioFacts({ language: 'fr' })];
  expect(pictureCaptions(0, sounds)).toMatchObject({ streamIndex: 0, kind: 'captions', language: 'fr' });
  expect(pictureCaptions(0, [])).toMatchObject({ language: 'und' });
});

describe('chapters', () => {
  const chapter = (start_time: number | undefined, title?: string) => ({ start_time, tags: { title } });

  test('are in order, from the start of the film, with clean titles', () => {
    const raw = [chapter(70, 'Two\u0000'), chapter(9, 'Before'), chapter(10.5004, ' '), chapter(undefined, 'no time')];
    expect(describeChapters([...raw, chapter(70, 'Again'), chapter(130, 'Beyond')], 10, 130)).toEqual([
      {
        language: 'und',
        chapters: [
          { startMs: 0, title: 'Before' },
          { startMs: 500, title: 'Chapter 3' },
          { startMs: 60_000, title: 'Again' },
        ],
      },
    ]);
    expect(describeChapters([chapter(130, 'Beyond')], 10, 130)).toBeUndefined();
  });

  test('have limits', () => {
    const many = Array.from({ length: 1500 }, (_, second) => chapter(second, 'x'.repeat(250)));
    const lists = describeChapters(many, 0, 1500);
    expect(chaptersSchema.safeParse(lists).success).toBe(true);
    expect(lists?.[0]?.chapters).toHaveLength(MAX_CHAPTERS);
  });
});
