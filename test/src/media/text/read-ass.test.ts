import { describe, expect, it } from 'vitest';
import { parseText } from '../../../../src/media/text/parse-text.ts';

const HEAD = `[Script Info]
ScriptType: v4.00+
PlayResX: 400
PlayResY: 200

[V4+ Styles]
Format: Name, Fontname, Bold, Italic, Underline, Alignment
Style: Default,Arial,0,0,0,2
Style: Sign,Arial,-1,0,0,8

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
`;
const event = (text: string, style = 'Default', times = '0:00:01.00,0:00:02.50') =>
  `Dialogue: 0,${times},${style},,0,0,0,,${text}`;
const parse = (...lines: string[]) => parseText(new TextEncoder().encode(HEAD + lines.join('\r\n')));

describe('ASS', () => {
  it('is read by its format lines; comments and the same line again are left out', () => {
    const parsed = parse(
      event('Hello, {world}you\\Ntwo\\nthree\\hfour'),
      'Comment: 0,0:00:01.00,0:00:02.00,,,,,,,x',
      event('A'),
      event('A'),
    );
    expect(parsed).toEqual({
      format: 'ass',
      encoding: 'utf-8',
      damaged: 0,
      cues: [
        { startMs: 1000, endMs: 2500, settings: '', text: 'Hello, you\ntwo three\u00A0four' },
        { startMs: 1000, endMs: 2500, settings: '', text: 'A' },
      ],
    });
  });

  it.each([
    ['{\\i1}it{\\i0} {\\b1\\u1}bu{\\r} no', 'Default', '<i>it</i> <b><u>bu</u></b> no', ''],
    ['{\\b700}x{\\b400}y{\\blur3\\bord2\\iclip(1,2,3,4)}z', 'Default', '<b>x</b>yz', ''],
    ['bold{\\b0} not{\\b}, bold', 'Sign', '<b>bold</b> not<b>, bold</b>', 'line:0'],
    ['{\\p1}m 0 0 l 100 0{\\p0}text', 'Default', 'text', ''],
    ['<script>{', 'Default', '&lt;script&gt;{', ''],
    ['{\\an7\\pos(100,50)}x', 'Default', 'x', 'line:25% position:25% align:left'],
    ['{\\pos(200,100)}two\\Nlines', 'Default', 'two\nlines', 'line:38%'],
    ['{\\an4}x', 'Default', 'x', 'line:47% position:5% align:left'],
    ['{\\a7}x', 'Default', 'x', 'line:0 position:95% align:right'],
    ['{\\pos(300,190)}x', 'Default', 'x', 'position:75%'],
  ])('%s (%s) → %s, %j', (given, style, text, settings) => {
    expect(parse(event(given, style)).cues).toEqual([{ startMs: 1000, endMs: 2500, settings, text }]);
  });

  it('counts events without times', () => {
    expect(parse(event('A', '', 'x,y'), event('B', '', '0:00:02.00,0:00:01.00'), event('C'))).toMatchObject({
      damaged: 2,
      cues: [{ text: 'C' }],
    });
  });

  it('takes time in proportion to its length', () => {
    expect(parse(event('{\\'.repeat(100_000)), event('A')).damaged).toBe(1);
  });
});
