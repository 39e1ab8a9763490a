import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TEXT_BYTES } from '../../../../src/media/limits.ts';
import { type Cue, fitCues, MAX_CUES, sortCues, TextError } from '../../../../src/media/text/cue.ts';
import { cueText } from '../../../../src/media/text/cue-markup.ts';
import { cueSettings } from '../../../../src/media/text/cue-settings.ts';
import { packText } from '../../../../src/media/text/pack.ts';
import { parseText } from '../../../../src/media/text/parse-text.ts';
import { writeSrt, writeWebVtt } from '../../../../src/media/text/write-text.ts';

const parse = (text: string) => parseText(new TextEncoder().encode(text));

/** What files are made of, in any order. */
const PARTS = [
  'WEBVTT',
  '\n',
  '\n\n',
  '\r\n',
  '00:00:01.000 --> 00:00:02.000',
  '00:01.000 --> 99:00:00.000',
  ' line:0 align:start',
  '-->',
  '1',
  '<i>',
  '</i>',
  '<v Bob>',
  '<00:00:01.500>',
  '&amp;',
  '&#x202e;',
  '&lt',
  '<',
  '{\\an8\\pos(1,2)}',
  'text',
  '\0',
  '\uFEFF',
  'ض',
  'X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000',
  'NOTE',
  'STYLE',
  '[Script Info]',
  '[Events]',
  '[V4+ Styles]',
  'Format: Start, End, Text',
  'Format: Name, Bold',
  'Style: a,1',
  'Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,',
  '\\N',
  'Dialogue: 0:00:01.00,0:00:02.00,',
  '<?xml version="1.0"?>',
  '<tt>',
  '<tt><body>',
  '<p begin="1s" end="2s">',
  '<p>',
  '</p>',
  '<span begin="1s" dur="1f">',
  '</span>',
  '<br/>',
  '</body></tt>',
  '<!DOCTYPE',
  '<region xml:id="a"/>',
  '<![CDATA[',
  ']]>',
  '&#133;',
];
const file = fc.array(fc.oneof(fc.constantFrom(...PARTS), fc.string({ unit: 'binary' })), { maxLength: 40 });
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  file.map((parts) => new TextEncoder().encode(parts.join(''))),
  fc
    .tuple(
      fc.constantFrom('WEBVTT\n\n00:01.000 --> 00:02.000\n', '<tt><body><p begin="1s" end="2s">', '[Events]\n'),
      file,
    )
    .map(([head, parts]) => new TextEncoder().encode(head + parts.join(''))),
);

function cuesOf(bytes: Uint8Array): Cue[] {
  try {
    return parseText(bytes).cues;
  } catch (error) {
    expect(error).toBeInstanceOf(TextError);
    return [];
  }
}

const anyCue: fc.Arbitrary<Cue> = fc
  .record({
    startMs: fc.integer({ min: 0, max: 200_000 }),
    durationMs: fc.integer({ min: 1, max: 70_000 }),
    settings: fc.constantFrom('', 'line:0', 'position:10% align:start', 'vertical:rl').map(cueSettings),
    text: fc
      .array(fc.oneof(fc.constantFrom(...PARTS), fc.string()))
      .map((parts) => cueText(`x${parts.join('')}`.replace(/[\0\r]/g, ''))),
  })
  .map(({ durationMs, ...cue }) => ({ ...cue, endMs: cue.startMs + durationMs }));
const anyCues = fc.array(anyCue, { minLength: 1, maxLength: 30 });

describe('any bytes', () => {
  it('are cues or a TextError, and cues are written as WebVTT that gives them back', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const { cues } = fitCues(cuesOf(bytes), 100 * 3_600_000);
        if (cues.length > 0) {
          expect(parse(writeWebVtt(cues))).toEqual({
            format: 'webvtt',
            encoding: 'utf-8',
            cues,
            damaged: expect.any(Number),
          });
          // Its text may be an override.
          cuesOf(new TextEncoder().encode(writeSrt(cues)));
        }
      }),
    );
  });
});

describe('any cues', () => {
  it('are in the segments that they touch, and in no other', () => {
    fc.assert(
      fc.property(anyCues, fc.integer({ min: 1000, max: 300_000 }), (given, durationMs) => {
        const { cues } = fitCues(given, durationMs);
        const { bytes, wholeBytes, segmentBytes } = packText(cues, durationMs);
        expect(segmentBytes).toHaveLength(Math.ceil(durationMs / 30_000));
        let at = wholeBytes;
        for (const [index, size] of segmentBytes.entries()) {
          const touching = cues.filter(
            ({ startMs, endMs }) => startMs < (index + 1) * 30_000 && endMs > index * 30_000,
          );
          expect(cuesOf(bytes.subarray(at, at + size))).toEqual(touching);
          at += size;
        }
        expect(at).toBe(bytes.byteLength);
        expect(cuesOf(bytes.subarray(0, wholeBytes))).toEqual(sortCues(cues));
      }),
    );
  });
});

describe('what is no text track', () => {
  it.each([
    ['text_unreadable', ''],
    ['text_unreadable', 'A letter\n\nto --> you'],
    ['text_unreadable', '\u0089PNG\r\n\u001a\n\0\0\0'],
    ['text_empty', 'WEBVTT\n\nNOTE nothing\n'],
    ['text_empty', '1\n00:00:01,000 --> 00:00:01,000\nx\n'],
  ])('is %s: %j', (code, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ name: 'TextError', code }));
  });

  it('is a file that is too large, or has too many cues', () => {
    expect(() => parseText(new Uint8Array(MAX_TEXT_BYTES + 1))).toThrow(
      expect.objectContaining({ code: 'text_too_long' }),
    );
    const cues = (count: number) => `WEBVTT\n\n${'00:01.000 --> 00:02.000\nx\n\n'.repeat(count)}`;
    expect(parse(cues(MAX_CUES)).cues).toHaveLength(MAX_CUES);
    expect(() => parse(cues(MAX_CUES + 1))).toThrow(expect.objectContaining({ code: 'text_too_long' }));
  });

  it('leaves out a cue that no screen could hold, and counts it, as those with characters that cannot be read', () => {
    const text = `WEBVTT\n\n00:01.000 --> 00:02.000\n${'x'.repeat(5001)}\n\n00:03.000 --> 00:04.000\nПривет, как дела\uFFFD`;
    expect(parse(text)).toMatchObject({ damaged: 2, cues: [{ startMs: 3000 }] });
  });
});

describe('files that were made to be slow to read', () => {
  const srt = (text: string) => `1\n00:00:01,000 --> 00:00:02,000\n${text}\n\n`;
  const many = (count: number, of: (at: number) => string) => Array.from({ length: count }, (_, at) => of(at)).join('');
  const ttml = (head: string, body: string) => `<tt><head>${head}</head><body>${body}</body></tt>`;

  it.each([
    ['blanks between letters', srt(`a${' '.repeat(1_000_000)}b`) + srt('x')],
    ['dashes in a class', srt(`<c.${'-'.repeat(1_000_000)}x>x`)],
    [
      'names of fields',
      `[Events]\nFormat: Start,End,Text,${many(100_000, (at) => `n${at},`)}\n${'Dialogue: 0\n'.repeat(5000)}Dialogue: 0:00:01.00,0:00:02.00,x\n`,
    ],
    [
      'styles that grow',
      ttml(
        many(10_000, (at) => `<style id="s${at}" style="s${at - 1}" a${at}="1" b${at}="1" c${at}="1" d${at}="1"/>`),
        `${many(10_000, (at) => `<div style="s${at}"/>`)}<p begin="1s" end="2s">x</p>`,
      ),
    ],
    [
      'a region that grows',
      ttml(`<region id="r">${many(50_000, (at) => `<style a${at}="1"/>`)}</region>`, '<p begin="1s" end="2s">x</p>'),
    ],
  ])('are read before the time of a test is over: %s', (_, text) => {
    const bytes = new TextEncoder().encode(text);
    expect(parseText(bytes).cues).toMatchObject([{ startMs: 1000, endMs: 2000, text: expect.stringContaining('x') }]);
  });

  it('has no more lines than cues have, and damaged cues count', () => {
    const tooLong = expect.objectContaining({ code: 'text_too_long' });
    expect(() => parse(`WEBVTT${'\n'.repeat(10 * MAX_CUES)}`)).toThrow(tooLong);
    expect(() => parse(srt('x') + '--> \n'.repeat(MAX_CUES))).toThrow(tooLong);
  });
});
