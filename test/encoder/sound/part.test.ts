import { describe, expect, test } from 'vitest';
import { partOf } from '../../../encoder/sound/part.ts';
import { audioEncodeArgs, decodeArgs } from '../../../encoder/sound/sound-args.ts';
import type { AudioPlan } from '../../../src/protocol/plan-schema.ts';

const audio: AudioPlan = {
  ...{ track: 'a1', streamIndex: 1, language: 'und', bitrateKbps: 128, channels: 2, sampleRate: 48_000 },
  ...{ frameCount: 5000, segmentSeconds: 4 },
};
const chunk = (firstFrame: number, frameCount: number) => ({ index: 1, firstFrame, frameCount, firstNumber: 5 });

describe('partOf', () => {
  test('a whole rendition loses its priming packet only', () => {
    expect(partOf(audio)).toEqual({ from: 0, to: 5000 * 1024, dropped: 1, packets: 5000 });
  });

  test('a part is encoded with packets on both sides', () => {
    const { from, to, dropped, packets } = partOf(audio, chunk(3000, 1000));
    expect(packets).toBe(1000);
    // What is dropped: the priming packet and the lead.
    expect(from).toBe((3000 - (dropped - 1)) * 1024);
    expect(to).toBe(4002 * 1024);
    expect(dropped).toBeGreaterThan(96);
  });

  test('no part reaches beyond the film', () => {
    expect(partOf(audio, chunk(0, 1000))).toMatchObject({ from: 0, dropped: 1 });
    expect(partOf(audio, chunk(20, 1000))).toMatchObject({ from: 0, dropped: 21 });
    expect(partOf(audio, chunk(4000, 1000))).toMatchObject({ to: 5000 * 1024 });
  });

  test.each(['ac3', 'eac3'] as const)('%s is given sound that is later by what its decoders delay', (codec) => {
    const surround: AudioPlan = { ...audio, codec, channels: 6, bitrateKbps: 384 };
    expect(partOf(surround)).toEqual({ from: 256, to: 5000 * 1536 + 256, dropped: 0, packets: 5000 });
  });
});

describe('arguments', () => {
  test('a part’s packets have their times in the film', () => {
    const args = audioEncodeArgs(audio, partOf(audio, chunk(20, 1000)), 0, '/work').join(' ');
    expect(args).toContain('noise=drop=not(between(n\\,21\\,1020))');
    expect(args).not.toContain('setts');
    expect(args).not.toContain('volume');
    const later = partOf(audio, chunk(3000, 1000));
    expect(audioEncodeArgs(audio, later, 0, '/work').join(' ')).toContain(`setts=ts=TS+${later.from}`);
  });

  test('a gain is applied where there is one', () => {
    expect(audioEncodeArgs(audio, partOf(audio), -2.3, '/work')).toContain('volume=-2.3dB:precision=float');
  });

  test('decoding ends behind the samples that are needed', () => {
    expect(decodeArgs('a.mp4', audio, 1000)).toContain('8000');
    expect(decodeArgs('a.mp4', audio)).not.toContain('-fs');
  });
});
