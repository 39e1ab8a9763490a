import { describe, expect, test } from 'vitest';
import { renderChaptersJson, renderChaptersVtt } from '../../../../src/media/manifest/chapters.ts';
import { presentation } from './fixture.ts';

const film = {
  ...presentation(),
  chapters: [
    {
      language: 'eng',
      chapters: [
        { startMs: 0, title: 'Begin' },
        { startMs: 4500, title: 'A --> <b>&' },
        { startMs: 9509, title: 'Starts as the film ends' },
      ],
    },
    {
      language: 'pt-BR',
      chapters: [
        { startMs: 2000, title: 'Meio' },
        { startMs: 4500, title: 'Fim' },
      ],
    },
  ],
};

describe('chapters', () => {
  test('as JSON are one list: titles of the same start belong together', () => {
    expect(JSON.parse(renderChaptersJson(film))).toEqual([
      { chapter: 1, 'start-time': 0, duration: 2, titles: [{ language: 'en', title: 'Begin' }] },
      { chapter: 2, 'start-time': 2, duration: 2.5, titles: [{ language: 'pt-BR', title: 'Meio' }] },
      {
        chapter: 3,
        'start-time': 4.5,
        duration: 5.009,
        titles: [
          { language: 'en', title: 'A --> <b>&' },
          { language: 'pt-BR', title: 'Fim' },
        ],
      },
    ]);
  });

  test('as WebVTT are cues of one language, whatever their titles hold', () => {
    expect(renderChaptersVtt(film, 'eng')).toBe(`WEBVTT

00:00:00.000 --> 00:00:04.500
Begin

00:00:04.500 --> 00:00:09.509
A --&gt; &lt;b&gt;&amp;
`);
    expect(renderChaptersVtt(film, 'fr')).toBeNull();
  });

  test('that there are none of are an empty list, and no WebVTT', () => {
    expect(renderChaptersJson(presentation())).toBe('[]');
    expect(renderChaptersVtt(presentation(), 'en')).toBeNull();
  });
});
