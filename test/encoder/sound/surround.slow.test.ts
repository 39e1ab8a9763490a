/** Surround sources through the real encoder: levels of each channel, of mixes, loudness and codecs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chirpAt } from '../../../bench/frames/chirp.ts';
import { readInit } from '../../../src/media/cmaf/init-segment.ts';
import { ffmpeg, withTempDirectory } from '../media/media-fixtures.ts';
import { encode, lateness, toneIn, wavOf } from './sound-fixtures.ts';

const TIMEOUT_MS = 60_000;
const SECONDS = 2;
/** A tone for each channel. The third band's is for low frequencies. */
const TONES = [400, 600, 800, 90, 1100, 1500, 2000, 2600];

/** Speakers in ffmpeg's order, and the number of each one's tone. */
const LAYOUTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  '5.1': { L: 0, R: 1, C: 2, LFE: 3, Ls: 4, Rs: 5 },
  quad: { L: 0, R: 1, Ls: 4, Rs: 5 },
  '7.1': { L: 0, R: 1, C: 2, LFE: 3, Lrs: 4, Rrs: 5, Lss: 6, Rss: 7 },
};

function tonesIn(directory: string, layout: string, codec: readonly string[], amplitude = 0.1): string {
  const path = join(directory, 'tones.mkv');
  const channels = Object.values(LAYOUTS[layout] ?? {}).map((tone) => `${amplitude}*sin(2*PI*${TONES[tone]}*t)`);
  ffmpeg('-f', 'lavfi', '-i', `aevalsrc='${channels.join('|')}':c=${layout}:s=48000:d=${SECONDS}`, ...codec, path);
  return path;
}

const decibels = (amplitude: number): number => 20 * Math.log10(amplitude / 0.1);
const hertzOf = (layout: string, speaker: string): number => TONES[LAYOUTS[layout]?.[speaker] ?? 0] ?? 0;

const SILENT = Number.NEGATIVE_INFINITY;
const FLAC = ['-c:a', 'flac'];
const SURROUND = { channels: 6, bitrateKbps: 384 } as const;

describe('levels', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['AAC', '5.1', FLAC, { ...SURROUND }],
    ['AAC, from AC-3', '5.1', ['-c:a', 'ac3', '-b:a', '640k'], { ...SURROUND }],
    ['E-AC-3', '5.1', FLAC, { ...SURROUND, codec: 'eac3' as const }],
    ['AC-3', '5.1', FLAC, { ...SURROUND, codec: 'ac3' as const, bitrateKbps: 448 }],
  ])('of six channels are those of the source: %s', (_, layout, codec, plan) =>
    withTempDirectory(async (directory) => {
      const source = tonesIn(directory, layout, codec);
      const { path, outputs, warnings, loudness } = await encode(source, directory, SECONDS, 0, plan);
      const levels = ['L', 'R', 'C', 'LFE', 'Ls', 'Rs'].map((speaker, channel) => {
        const [ours, theirs] = [path, source].map((file) => decibels(toneIn(file, channel, hertzOf(layout, speaker))));
        return Math.abs((ours ?? 0) - (theirs ?? 0));
      });
      expect(levels.filter((level) => !(level < 1))).toEqual([]);
      const init = readInit(new Uint8Array(readFileSync(outputs[0]?.initPath ?? '')));
      expect(init.entry).toMatchObject({ channels: 6, sampleRate: 48_000 });
      expect(warnings).toEqual([]);
      expect(loudness?.integratedLufs).toBeLessThan(-10);
    }),
  );

  test.each([
    ['5.1', { L: 0, C: -3, LFE: SILENT, Ls: -3, R: SILENT }],
    ['quad', { L: 0, Ls: -3 }],
    ['7.1', { L: 0, C: -3, Lrs: -3, Lss: -3 }],
  ])('of a stereo mix of %s follow ITU-R BS.775', (layout, wanted: Record<string, number>) =>
    withTempDirectory(async (directory) => {
      const { path } = await encode(tonesIn(directory, layout, FLAC), directory, SECONDS);
      const found = Object.keys(wanted).map(
        (name) => [name, decibels(toneIn(path, 0, hertzOf(layout, name)))] as const,
      );
      for (const [speaker, level] of found) {
        // AAC leaves a trace of what is not there.
        const want = wanted[speaker] ?? SILENT;
        expect(want === SILENT ? level < -40 : Math.abs(level - want) < 0.5, `${speaker} ${level}`).toBe(true);
      }
    }),
  );
});

describe('gains', { timeout: TIMEOUT_MS }, () => {
  test('a mix that would clip is made quieter, and says so', () =>
    withTempDirectory(async (directory) => {
      const source = tonesIn(directory, '5.1', FLAC, 0.9);
      const { loudness, warnings } = await encode(source, directory, SECONDS);
      expect(loudness?.truePeakDbtp).toBeCloseTo(-1, 1);
      expect(warnings.map(({ code }) => code)).toEqual(['surround_to_stereo', 'sound_attenuated']);
    }));

  test('a target is met', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'noise.mka');
      ffmpeg(
        '-f',
        'lavfi',
        '-i',
        'anoisesrc=d=3:a=0.02:r=48000,lowpass=f=4000,lowpass=f=4000,aformat=channel_layouts=stereo',
        ...FLAC,
        source,
      );
      const { path, loudness } = await encode(source, directory, 3, 0, { targetLufs: -20 });
      expect(loudness?.integratedLufs).toBeCloseTo(-20, 5);
      const measure = [
        '-i',
        path,
        '-af',
        'ebur128=metadata=1,ametadata=print:key=lavfi.r128.I:file=-',
        '-f',
        'null',
        '-',
      ];
      const measured = Number(
        ffmpeg(...measure)
          .toString()
          .trim()
          .split('=')
          .at(-1),
      );
      expect(Math.abs(measured + 20)).toBeLessThan(0.5);
    }));
});

test.each(['eac3', 'ac3'] as const)('%s sounds when it should', { timeout: TIMEOUT_MS }, (codec) =>
  withTempDirectory(async (directory) => {
    const wav = join(directory, 'chirp.wav');
    const source = join(directory, 'chirp.mkv');
    writeFileSync(wav, wavOf(5, chirpAt));
    ffmpeg('-i', wav, '-af', 'pan=5.1|FL=c0|FR=c0|FC=c0|LFE=0*c0|BL=c0|BR=c0', ...FLAC, source);
    const { sound, outputs } = await encode(source, directory, 5, 0, { ...SURROUND, codec });
    expect(outputs[0]?.report.codec).toBe(codec === 'ac3' ? 'ac-3' : 'ec-3');
    const errors = [0.1, 2.3, 4.5].map((at) => Math.abs(lateness(sound, at)));
    expect(errors.filter((error) => !(error < 0.0001))).toEqual([]);
  }),
);
