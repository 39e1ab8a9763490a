import { describe, expect, it } from 'vitest';
import { MAX_TEXT_SLICE_BYTES } from '../../../../src/media/limits.ts';
import { type Cue, fitCues, shiftCues } from '../../../../src/media/text/cue.ts';
import { packText, type TextPack } from '../../../../src/media/text/pack.ts';
import { parseText } from '../../../../src/media/text/parse-text.ts';
import { writePlainText, writeSrt } from '../../../../src/media/text/write-text.ts';

const cue = (startMs: number, endMs: number, text = 'x', settings = ''): Cue => ({ startMs, endMs, settings, text });

/** The files of a pack: the whole, then the segments. */
function filesOf({ bytes, wholeBytes, segmentBytes }: TextPack): string[] {
  let at = 0;
  return [wholeBytes, ...segmentBytes].map((size) => {
    at += size;
    return new TextDecoder().decode(bytes.subarray(at - size, at));
  });
}

describe('a pack', () => {
  it('is the whole and its segments, with cues in each segment that shows them', () => {
    const cues = [cue(1000, 2000, 'first', 'line:0'), cue(29_000, 61_000, 'long'), cue(30_000, 60_000, 'exact')];
    const pack = packText(cues, 90_001);
    const header = 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n';
    const first = '\n00:00:01.000 --> 00:00:02.000 line:0\nfirst\n';
    const long = '\n00:00:29.000 --> 00:01:01.000\nlong\n';
    const exact = '\n00:00:30.000 --> 00:01:00.000\nexact\n';
    expect(filesOf(pack)).toEqual([
      `WEBVTT\n${first}${long}${exact}`,
      `${header}${first}${long}`,
      `${header}${long}${exact}`,
      `${header}${long}`,
      header,
    ]);
    expect(pack.bytes).toEqual(packText(cues.toReversed(), 90_001).bytes);
  });

  it('counts bytes, not characters', () => {
    const pack = packText([cue(0, 1000, 'Привет 🙂')], 1000);
    expect(filesOf(pack)[1]).toContain('Привет 🙂');
    expect(pack.bytes.byteLength).toBe(pack.wholeBytes + (pack.segmentBytes[0] ?? 0));
  });

  it('is refused where long cues fill every segment', () => {
    const cues = Array.from({ length: 10_000 }, (_, at) => cue(at, 43_200_000, 'all the time'));
    expect(() => packText(cues, 43_200_000)).toThrow(expect.objectContaining({ code: 'text_too_long' }));
  });

  it('is refused where the whole is larger than an answer may be', () => {
    const text = 'x'.repeat(2 ** 20);
    const of = (count: number) =>
      packText(
        Array.from({ length: count }, (_, at) => cue(at, at + 1, text)),
        1000,
      );
    expect(of(7).wholeBytes).toBeLessThan(MAX_TEXT_SLICE_BYTES);
    expect(() => of(8)).toThrow(expect.objectContaining({ code: 'text_too_long' }));
  });
});

describe('cues', () => {
  it('are shifted with the times in their text', () => {
    expect(shiftCues([cue(5000, 6000, 'a <00:00:05.500>b <00:00:00.200>c')], -1000)).toEqual([
      cue(4000, 5000, 'a <00:00:04.500>b c'),
    ]);
  });

  it('are cut to the film', () => {
    const cues = [cue(9000, 11_000), cue(-500, 500), cue(-2, 0), cue(10_000, 12_000)];
    expect(fitCues(cues, 10_000.9)).toEqual({ cues: [cue(0, 500), cue(9000, 10_000)], outside: 2 });
  });

  it('are written as SRT, which reads back, and as plain text', () => {
    const cues = [
      cue(1000, 2000, '<v Ann><b.x>Tom</b> &amp; <c>co</c></v>\n1 &lt; 2'),
      cue(3_600_000, 3_601_500, 'end'),
    ];
    expect(writeSrt(cues)).toBe(
      '1\n00:00:01,000 --> 00:00:02,000\n<b>Tom</b> & co\n1 < 2\n\n2\n01:00:00,000 --> 01:00:01,500\nend\n',
    );
    expect(parseText(new TextEncoder().encode(writeSrt(cues))).cues[0]?.text).toBe('<b>Tom</b> &amp; co\n1 &lt; 2');
    expect(writePlainText(cues)).toBe('Tom & co 1 < 2\nend\n');
  });
});
