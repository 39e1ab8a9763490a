import { describe, expect, it } from 'vitest';
import { cueText } from '../../../../src/media/text/cue-markup.ts';
import { cueSettings } from '../../../../src/media/text/cue-settings.ts';

describe('the text of a cue', () => {
  it.each([
    ['<script>alert("1")</script>', '&lt;script&gt;alert("1")&lt;/script&gt;'],
    ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
    ['<b onclick="x">bold</b>', '<b>bold</b>'],
    ['<v.loud.first Tom & "Jerry">Hi', '<v.loud.first Tom &amp; "Jerry">Hi</v>'],
    ['<lang en-GB>colour</lang>', '<lang en-GB>colour</lang>'],
    ['<ruby>base<rt>text</rt></ruby>', '<ruby>base<rt>text</rt></ruby>'],
    ['<i><b>both</i></b>', '<i><b>both</b></i>'],
    ['</i>a <b>b', 'a <b>b</b>'],
    ['a <00:01.500>b <1:00.000>c', 'a <00:00:01.500>b &lt;1:00.000&gt;c'],
    [
      'AT&amp;T &lt;3 &#x41;&#66; &nbsp;&unknown; & 1 < 2 --> 3',
      'AT&amp;T &lt;3 AB \u00A0&amp;unknown; &amp; 1 &lt; 2 --&gt; 3',
    ],
    ['&#0;&#xD800;&#10;x&#x2028;y', 'x y'],
    ['one\n\n \t\n  two  ', 'one\ntwo'],
    ['<b>\n\n</b>', '<b>\n</b>'],
  ])('%j → %j, and stays so', (marked, text) => {
    expect(cueText(marked)).toBe(text);
    expect(cueText(text)).toBe(text);
  });

  it('takes time in proportion to its length, whatever it is', () => {
    for (const part of ['<', '<b', '<b ', '<b.', '&', '&#', '<00:', '</', '<c.a']) {
      expect(cueText(part.repeat(200_000)).length).toBeGreaterThan(0);
    }
    expect(cueText(`<b${' '.repeat(200_000)}`).length).toBeGreaterThan(0);
  });
});

describe('the settings of a cue', () => {
  it.each([
    ['align:start  line:84%', 'line:84% align:start'],
    ['line:-1 line:0,end position:10.5%,line-left size:100%', 'line:0,end position:10.5%,line-left size:100%'],
    ['vertical:rl align:middle region:x', 'vertical:rl align:center'],
    ['line:101% position:5 size:-1% align:evil vertical: :rl constructor:x X1:10', ''],
  ])('%j → %j', (given, settings) => {
    expect(cueSettings(given)).toBe(settings);
  });
});
