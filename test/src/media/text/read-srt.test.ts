import { describe, expect, it } from 'vitest';
import { parseText } from '../../../../src/media/text/parse-text.ts';

const parse = (text: string) => parseText(new TextEncoder().encode(text));
const textsOf = (text: string) => parse(text).cues.map((cue) => cue.text);

describe('SRT', () => {
  it('is read with commas or points, CRLF, and further empty lines', () => {
    const file =
      '1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\n\r\n\r\n\r\n2\r\n0:00:03.5-->0:00:04\r\n\r\nworld\r\n\r\nagain\r\n';
    expect(parse(file)).toEqual({
      format: 'srt',
      encoding: 'utf-8',
      damaged: 0,
      cues: [
        { startMs: 1000, endMs: 2500, settings: '', text: 'Hello' },
        { startMs: 3500, endMs: 4000, settings: '', text: 'world\nagain' },
      ],
    });
  });

  it('takes a number for text where it is all that a cue says, or where the text goes on', () => {
    const at = (second: number) => `00:00:0${second},000 --> 00:00:0${second},900`;
    expect(textsOf(`${at(1)}\n42\n${at(2)}\nRoom\n43\n\n${at(3)}\nend\n44`)).toEqual(['42', 'Room\n43', 'end\n44']);
    expect(textsOf(`1\n${at(1)}\nA\n2\n${at(2)}\nB\n\n3\n${at(3)}\n\n4\n${at(4)}\nC`)).toEqual(['A', 'B', 'C']);
  });

  it('keeps position and style, drops colour and other overrides', () => {
    const file = '1\n00:00:01,000 --> 00:00:02,000\n{\\an8}{\\c&H00FF00&}<I>one</I> <font color="#ff0">two</font>\n';
    expect(parse(file).cues).toEqual([{ startMs: 1000, endMs: 2000, settings: 'line:0', text: '<i>one</i> two' }]);
  });

  it('counts cues that run backwards', () => {
    const file = '1\n00:00:03,000 --> 00:00:02,000\nA\n\n2\n00:00:01,000 --> 00:00:02,000\nB\n';
    expect(parse(file)).toMatchObject({ damaged: 1, cues: [{ text: 'B' }] });
  });
});
