/** Cues by the source's clock → WebVTT by the film's. */
import { describe, expect, test } from 'vitest';
import { filmCues } from '../../../encoder/text/film-cues.ts';
import type { TextPlan } from '../../../src/protocol/plan-schema.ts';

const TEXT: TextPlan = {
  track: 't-de',
  streamIndex: 2,
  codec: 'subrip',
  kind: 'subtitles',
  language: 'de',
  isDefault: false,
};
const FILM = { picture: 0, originSeconds: 10.0004, durationSeconds: 5, isCut: false };

const srt = (...cues: [begin: string, end: string, text: string][]): Uint8Array =>
  new TextEncoder().encode(cues.map(([begin, end, text], n) => `${n + 1}\n${begin} --> ${end}\n${text}\n`).join('\n'));

const read = (file: Uint8Array, film = FILM, text = TEXT) => {
  const { cues, warnings } = filmCues(text, file, film);
  return { text: cues === null ? null : new TextDecoder().decode(cues), codes: warnings.map(({ code }) => code) };
};

describe('cues', () => {
  const file = srt(
    ['00:00:08,000', '00:00:09,000', 'before'],
    ['00:00:09,000', '00:00:10,500', 'across the start'],
    ['00:00:11,123', '00:00:12,456', '<i>inside</i>'],
    ['00:00:14,000', '00:00:16,000', 'across the end'],
  );
  const inside =
    'WEBVTT\n\n00:00:00.000 --> 00:00:00.500\nacross the start\n' +
    '\n00:00:01.123 --> 00:00:02.456\n<i>inside</i>\n\n00:00:04.000 --> 00:00:05.000\nacross the end\n';

  test('are shifted to the film, cut at its ends, and what lies outside is told', () => {
    expect(read(file)).toEqual({ text: inside, codes: ['text_cut'] });
  });

  test('outside a part of a film are no loss', () => {
    expect(read(file, { ...FILM, isCut: true })).toEqual({ text: inside, codes: [] });
  });

  test('that cannot be read are told', () => {
    const damaged = srt(['00:00:11,000', '00:00:12,000', 'good'], ['00:00:13,000', '00:00:12,000', 'backwards']);
    expect(read(damaged)).toMatchObject({ text: expect.stringContaining('good'), codes: ['text_damaged'] });
  });
});

describe('a track that is left out is told', () => {
  test.each([
    ['empty', new Uint8Array()],
    ['outside the film', srt(['00:00:01,000', '00:00:02,000', 'x'])],
  ])('%s', (_, file) => {
    expect(read(file)).toEqual({ text: null, codes: ['track_dropped'] });
  });

  test('but not if it is the empty captions that encoders put into every picture', () => {
    expect(read(new Uint8Array(), FILM, { ...TEXT, streamIndex: 0 })).toEqual({ text: null, codes: [] });
  });
});
