import { describe, expect, it } from 'vitest';
import { parseText } from '../../../../src/media/text/parse-text.ts';

const parse = (text: string) => parseText(new TextEncoder().encode(text));
const cuesOf = (text: string) => parse(text).cues;

describe('WebVTT', () => {
  it('is read with settings, identifiers, notes, and hours or none', () => {
    const file = [
      'WEBVTT - a title\nKind: captions\n',
      'NOTE a comment\nof two lines\n',
      'STYLE\n::cue { color: red }\n',
      'REGION\nid:fred\n',
      'intro\n00:01.000 --> 00:02.500 line:84% region:fred align:start size:120%\nHello\nworld\n',
      '01:00:00.000 --> 01:00:01.000\nLater',
    ].join('\n');
    expect(parse(file)).toEqual({
      format: 'webvtt',
      encoding: 'utf-8',
      damaged: 0,
      cues: [
        { startMs: 1000, endMs: 2500, settings: 'line:84% align:start', text: 'Hello\nworld' },
        { startMs: 3_600_000, endMs: 3_601_000, settings: '', text: 'Later' },
      ],
    });
  });

  it('has times moved by the map of its header', () => {
    const map = 'X-TIMESTAMP-MAP=LOCAL:00:00:01.000,MPEGTS:900000';
    expect(cuesOf(`WEBVTT\n${map}\n\n00:02.000 --> 00:04.000\nA <00:03.000>B`)).toEqual([
      { startMs: 11_000, endMs: 13_000, settings: '', text: 'A <00:00:12.000>B' },
    ]);
  });

  it('loses cues whose times say nothing, and counts them', () => {
    const file =
      'WEBVTT\n\nx --> y\nA\n\n00:02.000 --> 00:02.000\nB\n\n00:05.000 --> 00:04.000\nC\n\n00:01.000 --> 00:02.000\nD';
    expect(parse(file)).toMatchObject({ damaged: 3, cues: [{ text: 'D' }] });
  });

  it('is sorted by start, the file’s order kept; cues may overlap', () => {
    const file = 'WEBVTT\n\n00:03.000 --> 00:04.000\nC\n\n00:01.000 --> 00:09.000\nA\n\n00:01.000 --> 00:02.000\nB';
    expect(cuesOf(file).map(({ text }) => text)).toEqual(['A', 'B', 'C']);
  });

  it('ends a cue at the times of the next, where the empty line is missing', () => {
    expect(
      cuesOf('WEBVTT\n00:01.000 --> 00:02.000\nA -> B\n00:03.000 --> 00:04.000\nC').map(({ text }) => text),
    ).toEqual(['A -&gt; B', 'C']);
  });
});
