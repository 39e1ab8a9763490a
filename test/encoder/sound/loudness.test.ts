import { describe, expect, test } from 'vitest';
import { amplified, createLoudnessReader, gainOf } from '../../../encoder/sound/loudness.ts';
import type { Loudness } from '../../../src/media/presentation.ts';
import type { AudioPlan } from '../../../src/protocol/plan-schema.ts';

const audio: AudioPlan = {
  ...{ track: 'a1', streamIndex: 1, language: 'und', bitrateKbps: 128, channels: 2, sampleRate: 48_000 },
  ...{ frameCount: 100, segmentSeconds: 4 },
};

/** As `ebur128` writes it. */
const summary = (integrated: string, range: string, peak: string): string => `[Parsed_ebur128_0 @ 0x55] Summary:

  Integrated loudness:
    I:         ${integrated} LUFS
    Threshold: -22.6 LUFS

  Loudness range:
    LRA:         ${range} LU
    Threshold: -32.6 LUFS
    LRA low:   -12.6 LUFS
    LRA high:  -12.6 LUFS

  True peak:
    Peak:       ${peak} dBFS`;

function read(text: string): Loudness {
  const reader = createLoudnessReader();
  text.split('\n').forEach(reader.readLine);
  return reader.loudness();
}

describe('what ffmpeg measures', () => {
  test.each<[string, Loudness]>([
    [summary('-12.6', '7.3', '-8.3'), { integratedLufs: -12.6, rangeLu: 7.3, truePeakDbtp: -8.3 }],
    [summary('-70.0', '0.0', '-inf'), { integratedLufs: null, rangeLu: 0, truePeakDbtp: null }],
    // Sound of less than 0.4 s has no block to measure.
    [summary('-70.0', '0.0', '-9.3'), { integratedLufs: null, rangeLu: 0, truePeakDbtp: -9.3 }],
    // Samples of floating-point sources may be anything.
    [summary('nan', 'nan', 'nan'), { integratedLufs: null, rangeLu: 0, truePeakDbtp: null }],
    [summary('180.0', '300.0', 'inf'), { integratedLufs: 20, rangeLu: 100, truePeakDbtp: null }],
    [summary('180.0', '300.0', '190.0'), { integratedLufs: 20, rangeLu: 100, truePeakDbtp: 30 }],
    ['nothing', { integratedLufs: null, rangeLu: 0, truePeakDbtp: null }],
  ])('case %#', (text, loudness) => {
    expect(read(text)).toEqual(loudness);
  });
});

describe('the gain', () => {
  const loud: Loudness = { integratedLufs: -12, rangeLu: 5, truePeakDbtp: 2.2 };
  const quiet: Loudness = { integratedLufs: -30, rangeLu: 5, truePeakDbtp: -10 };
  const silent: Loudness = { integratedLufs: null, rangeLu: 0, truePeakDbtp: null };

  test('leaves sound as the source has it', () => {
    expect(gainOf(audio, loud, false)).toBe(0);
  });

  test('of a mix brings its peak to -1 dBTP, and is never above 0', () => {
    expect(gainOf(audio, loud, true)).toBe(-3.2);
    expect(gainOf(audio, quiet, true)).toBe(0);
  });

  test('meets a target as far as true peaks allow', () => {
    expect(gainOf({ ...audio, targetLufs: -23 }, quiet, false)).toBe(7);
    expect(gainOf({ ...audio, targetLufs: -16 }, quiet, false)).toBe(9);
    expect(gainOf({ ...audio, targetLufs: -23 }, loud, true)).toBe(-11);
  });

  test('of silence is 0', () => {
    expect(gainOf({ ...audio, targetLufs: -23 }, silent, true)).toBe(0);
  });

  test('is part of what is told', () => {
    expect(amplified(loud, -3.2)).toEqual({ integratedLufs: -15.2, rangeLu: 5, truePeakDbtp: -1 });
    expect(amplified({ ...loud, integratedLufs: -69 }, -11)).toMatchObject({ integratedLufs: -70 });
    expect(amplified(silent, -11)).toEqual(silent);
  });
});
