import { describe, expect, it } from 'vitest';
import { parseText } from '../../../../src/media/text/parse-text.ts';

const parse = (text: string) => parseText(new TextEncoder().encode(text));
const tt = (body: string, { root = '', head = '' } = {}) =>
  `<?xml version="1.0" encoding="UTF-8"?><tt xmlns="http://www.w3.org/ns/ttml" ${root}><head>${head}</head><body>${body}</body></tt>`;
const timesOf = (body: string, root = '') =>
  parse(tt(body, { root })).cues.map(({ startMs, endMs, text }) => `${startMs}-${endMs} ${text}`);

describe('times of TTML', () => {
  it.each([
    ['begin="00:00:01.500" end="00:00:02"', '', 1500, 2000],
    ['begin="1.5s" dur="500ms"', '', 1500, 2000],
    ['begin="0.5m" end="0.01h"', '', 30_000, 36_000],
    ['begin="00:00:01:12" end="00:00:02:00"', 'ttp:frameRate="24"', 1500, 2000],
    ['begin="24f" end="48f"', 'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"', 1001, 2002],
    ['begin="00:00:01:12.1" end="2s"', 'ttp:frameRate="24" ttp:subFrameRate="2"', 1521, 2000],
    ['begin="10000000t" end="20000000t"', 'ttp:tickRate="10000000"', 1000, 2000],
    [
      'begin="00:00:01:00" end="00:00:02:00"',
      'ttp:timeBase="smpte" ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"',
      1001,
      2002,
    ],
    [
      'begin="00:10:00:00" end="00:11:00:02"',
      'ttp:timeBase="smpte" ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001" ttp:dropMode="dropNTSC"',
      599_999,
      660_059,
    ],
  ])('%s %s → %d to %d ms', (times, root, startMs, endMs) => {
    expect(timesOf(`<div><p ${times}>x</p></div>`, root)).toEqual([`${startMs}-${endMs} x`]);
  });

  it('nest, and are cut to those around them', () => {
    const body =
      '<div begin="10s" end="20s"><p begin="1s" dur="2s">a</p><p begin="5s">b</p><p begin="9s" end="30s">c</p></div>';
    expect(timesOf(body)).toEqual(['11000-13000 a', '15000-20000 b', '19000-20000 c']);
  });

  it('follow each other in a sequence', () => {
    const body =
      '<div timeContainer="seq" begin="1s"><p dur="1s">a</p><p begin="1s" dur="2s">b</p><p dur="1s">c</p></div>';
    expect(timesOf(body)).toEqual(['1000-2000 a', '3000-5000 b', '5000-6000 c']);
  });

  it('of spans make cues of their own', () => {
    const body = '<p begin="1s" end="5s"><span end="2s">one</span> <span begin="1s">two</span></p>';
    expect(timesOf(body)).toEqual(['1000-2000 one', '2000-3000 one two', '3000-5000 two']);
  });

  it('that say nothing are counted', () => {
    const body = '<p begin="soon" end="5s">a</p><p begin="1s">b</p><p begin="3s" end="2s">c</p><p end="1s">d</p>';
    expect(parse(tt(body))).toMatchObject({
      format: 'ttml',
      damaged: 3,
      cues: [{ startMs: 0, endMs: 1000, text: 'd' }],
    });
  });
});

describe('text of TTML', () => {
  const textOf = (paragraph: string, head = '') =>
    parse(tt(`<div><p begin="0s" end="1s" ${paragraph}</p></div>`, { head })).cues[0]?.text;

  it.each([
    [
      '>Tom &amp; Jerry &lt;b&gt; &#x41;<br/>  two\n lines &nbsp;<metadata>no</metadata>',
      'Tom &amp; Jerry &lt;b&gt; A\ntwo lines \u00A0',
    ],
    [' xml:space="preserve">a\nb', 'a\nb'],
    [
      '><span tts:fontStyle="italic">it<span tts:fontWeight="bold">both</span></span> no',
      '<i>it</i><b><i>both</i></b> no',
    ],
    [' tts:fontStyle="italic">a<span tts:fontStyle="normal">b</span>', '<i>a</i>b'],
    [' style="second">x', '<b><u>x</u></b>'],
    [' style="loop">x', 'x'],
    ['>seen<span tts:display="none">hidden</span>', 'seen'],
    ['><![CDATA[<i>x</i>]]>', '&lt;i&gt;x&lt;/i&gt;'],
  ])('%s', (paragraph, text) => {
    const head = `<styling><style xml:id="first" tts:fontWeight="bold"/>
      <style xml:id="second" style="first" tts:textDecoration="underline"/><style xml:id="loop" style="loop loop"/></styling>`;
    expect(textOf(paragraph, head)).toBe(text);
  });

  it('is placed as its region says', () => {
    const region = (id: string, attributes: string) => `<region xml:id="${id}" ${attributes}/>`;
    const head = `<styling><style xml:id="centred" tts:textAlign="center"/></styling><layout>
      ${region('top', 'style="centred" tts:origin="10% 10%" tts:extent="80% 20%"')}
      ${region('bottom', 'style="centred" tts:origin="10% 70%" tts:extent="80% 20%" tts:displayAlign="after"')}
      ${region('box', 'tts:origin="320px 360px" tts:extent="640px 90px" tts:displayAlign="center"')}
      <region xml:id="inner"><style tts:origin="8c 3c"/><style tts:extent="16c 3c"/><style tts:textAlign="end"/></region>
      ${region('tall', 'tts:writingMode="tbrl"')}</layout>`;
    const body = ['top', 'bottom', 'box', 'inner', 'tall', 'none']
      .map((id, at) => `<p region="${id}" begin="${at}s" dur="1s">x</p>`)
      .join('');
    expect(parse(tt(body, { head, root: 'tts:extent="1280px 720px"' })).cues.map(({ settings }) => settings)).toEqual([
      'line:10% size:80%',
      'size:80%',
      'line:53.25% position:25% size:50% align:start',
      'line:20% position:75% size:50% align:end',
      'vertical:rl',
      '',
    ]);
  });
});

describe('hostile XML', () => {
  it.each([
    [
      'entities',
      '<!DOCTYPE tt [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><tt><body><p begin="0s" end="1s">&b;</p></body></tt>',
      /DOCTYPE/,
    ],
    ['another root', '<?xml version="1.0"?><html><body/></html>', /root element/],
    ['a broken end', '<tt><body>\n<p>x</body></tt>', /line 2/],
    ['an unknown entity', tt('<p begin="0s" end="1s">&x;</p>'), /XML/],
    ['depth', tt('<div>'.repeat(100_000)), /deep/],
  ])('is refused: %s', (_, text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'text_unreadable', message: expect.stringMatching(message) }),
    );
  });

  it('is called what it is where it has pictures alone', () => {
    const body = '<div smpte:backgroundImage="#img"><p begin="0s" end="1s"></p></div>';
    expect(() => parse(tt(body))).toThrow(
      expect.objectContaining({ code: 'text_empty', message: expect.stringContaining('pictures') }),
    );
  });

  it('costs no more than it is long where styles refer to each other', () => {
    const ids = Array.from({ length: 50 }, (_, at) => `s${at}`);
    const styles = ids.map((id) => `<style xml:id="${id}" style="${ids.join(' ')}"/>`).join('');
    expect(parse(tt('<p style="s0" begin="0s" end="1s">x</p>', { head: styles })).cues).toHaveLength(1);
  });
});

it('takes styles that refer to later ones', () => {
  const head = '<style xml:id="a" style="b"/><style xml:id="b" tts:fontWeight="bold"/>';
  const body = ['a', 'b'].map((id) => `<p begin="1s" end="2s" style="${id}">${id}</p>`).join('');
  expect(parse(tt(body, { head })).cues.map(({ text }) => text)).toEqual(['<b>a</b>', '<b>b</b>']);
});
