/** Real sources through the real encoder: the sound is heard when its time stamps say, to 5 ms. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chirpAt } from '../../../bench/frames/chirp.ts';
import { ffmpeg, withTempDirectory } from '../media/media-fixtures.ts';
import { encode, lateness, WINDOW_SECONDS, wavOf } from './sound-fixtures.ts';

const TIMEOUT_MS = 60_000;
const SECONDS = 8;
const ORIGIN_SECONDS = 1;
const BOUND_SECONDS = 0.005;

const AAC = ['-c:a', 'aac', '-b:a', '192k'];
const PCM = ['-c:a', 'pcm_s16le'];
const BLOCK_SECONDS = 1024 / 48_000;

type Case = {
  name: string;
  file: string;
  codec: readonly string[];
  /** New time stamp of a packet, in seconds, from its number and the time of its content. */
  stamp: (packet: number, seconds: number) => number;
  /** The same for `setts`, of N and T. */
  setts: string;
  codes: readonly string[];
  /** When the content of this time is heard. Default: `stamp` without jitter. */
  heard?: (seconds: number) => number;
  rate?: number;
};

const same = (seconds: number): number => seconds;

const CASES: Case[] = [
  { name: 'plain AAC', file: 'a.mp4', codec: AAC, setts: 'T', stamp: (_, s) => s, codes: [] },
  { name: 'a clock of milliseconds', file: 'a.mkv', codec: AAC, setts: 'T', stamp: (_, s) => s, codes: [] },
  { name: '8 kHz', file: 'a.mkv', codec: PCM, setts: 'T', stamp: (_, s) => s, codes: [], rate: 8000 },
  { name: '44.1 kHz in FLV', file: 'a.flv', codec: AAC, setts: 'T', stamp: (_, s) => s, codes: [], rate: 44_100 },
  {
    name: 'jitter of 4 ms',
    file: 'a.mkv',
    codec: AAC,
    setts: 'T+0.004*(2*random(0)-1)',
    stamp: (_, s) => s,
    heard: same,
    codes: [],
  },
  {
    name: 'jitter of 3 ms, alternating',
    file: 'a.mkv',
    codec: AAC,
    setts: 'T+0.003*(2*mod(N,2)-1)',
    stamp: (_, s) => s,
    heard: same,
    codes: [],
  },
  {
    name: 'one hole of 80 ms',
    file: 'a.mkv',
    codec: AAC,
    setts: 'T+0.08*gte(T,4)',
    stamp: (_, s) => s + (s >= 4 ? 0.08 : 0),
    codes: ['sound_gaps_filled'],
  },
  {
    name: 'a hole of 6 ms each 0.5 s',
    file: 'a.mp4',
    codec: AAC,
    setts: 'T+0.006*floor(T/0.5)',
    stamp: (_, s) => s + 0.006 * Math.floor(s / 0.5),
    codes: ['sound_gaps_filled'],
  },
  {
    name: 'a hole of 3 s',
    file: 'a.mkv',
    codec: PCM,
    setts: 'T+3*gte(T,4)',
    stamp: (_, s) => s + (s >= 4 ? 3 : 0),
    codes: ['sound_gaps_filled'],
  },
  {
    name: 'an overlap of 60 ms',
    file: 'a.mkv',
    codec: AAC,
    setts: 'T-0.06*gte(T,4)',
    stamp: (_, s) => s - (s >= 4 ? 0.06 : 0),
    codes: ['sound_overlaps_cut'],
  },
  {
    name: 'a first packet that lasts 1 s longer',
    file: 'a.mp4',
    codec: AAC,
    setts: 'T+gte(N,2)',
    stamp: (n, s) => s + (n >= 2 ? 1 : 0),
    codes: ['sound_gaps_filled'],
  },
  ...[1.01, 0.98, 1.05, 1.0005].map(
    (ratio): Case => ({
      name: `drift of ${ratio}`,
      file: 'a.mkv',
      codec: AAC,
      setts: `T*${ratio}`,
      stamp: (_, s) => s * ratio,
      heard: (s) => s * ratio,
      codes: ['sound_drift_corrected'],
    }),
  ),
  {
    name: 'drift of 1 % from 4 s on',
    file: 'a.mkv',
    codec: AAC,
    setts: 'T+0.01*max(0,T-4)',
    stamp: (_, s) => s + 0.01 * Math.max(0, s - 4),
    heard: (s) => s + 0.01 * Math.max(0, s - 4),
    codes: ['sound_drift_corrected'],
  },
];

/** AAC's first packet is silence of the encoder. Without an edit list, all sound is late by it. */
const delayOf = ({ codec, rate = 48_000 }: Case): number => (codec === AAC ? 1024 / rate : 0);

function makeSource(directory: string, { file, codec, setts, rate = 48_000 }: Case): string {
  const wav = join(directory, 'chirp.wav');
  const path = join(directory, file);
  writeFileSync(wav, wavOf(SECONDS, chirpAt, rate));
  // NUT has the samples as its time base.
  const [packets, stamped] = [join(directory, 'packets.nut'), join(directory, 'stamped.nut')];
  ffmpeg('-i', wav, '-af', 'asetnsamples=1024', ...codec, packets);
  const pts = `round((${ORIGIN_SECONDS}+${setts.replaceAll(/\bT\b/g, '(PTS*TB)')})/TB)`;
  ffmpeg('-i', packets, '-c', 'copy', '-bsf:a', `setts=pts='${pts}':dts=DTS`, stamped);
  // As ffmpeg would else change the times of packets that go back: Matroska has no DTS.
  const decodeTimes = file.endsWith('.mkv') ? ['-bsf:a', 'setts=pts=PTS:dts=N*20'] : [];
  ffmpeg('-copyts', '-i', stamped, '-c', 'copy', ...decodeTimes, path);
  return path;
}

describe('sound is heard when its time stamps say', { timeout: TIMEOUT_MS }, () => {
  test.each(CASES)('$name', (asked) =>
    withTempDirectory(async (directory) => {
      const { stamp, heard, codes } = asked;
      const source = makeSource(directory, asked);
      const { sound, warnings } = await encode(source, directory, SECONDS, ORIGIN_SECONDS);
      const delay = delayOf(asked);
      const follow = heard ?? ((s: number) => stamp(Math.floor(s / BLOCK_SECONDS), s));
      const heardAt = (s: number): number => follow(s + delay);
      const errors: number[] = [];
      for (let content = 0.3; content + WINDOW_SECONDS < SECONDS; content += 0.7) {
        const at = heardAt(content);
        const isWhole = Math.abs(heardAt(content + WINDOW_SECONDS + 0.1) - at - WINDOW_SECONDS - 0.1) < 0.0005;
        if (at + WINDOW_SECONDS + 0.1 < SECONDS && (heard !== undefined || isWhole)) {
          // Near `at`, the content runs at the pace of the output or, with drift, at the drift's.
          const pace = heard === undefined ? 1 : (heardAt(content + WINDOW_SECONDS) - at) / WINDOW_SECONDS;
          errors.push(Math.abs(lateness(sound, at, (s) => content + (s - at) / pace)));
        }
      }
      if (process.env['SHOW']) {
        console.log(asked.name, Math.max(...errors), errors.length, warnings);
      }
      expect(errors.length).toBeGreaterThan(3);
      expect(errors.filter((error) => !(error < BOUND_SECONDS))).toEqual([]);
      expect(warnings.map(({ code }) => code)).toEqual(codes);
    }),
  );
});

const tone = (seconds: number): number => 0.5 * Math.sin(2 * Math.PI * 440 * seconds);

/** A tone in Matroska, PCM, in packets of 1,024 samples with these times. */
function toneSource(directory: string, setts: string): string {
  const [wav, stamped, path] = [join(directory, 'tone.wav'), join(directory, 's.nut'), join(directory, 'tone.mkv')];
  writeFileSync(wav, wavOf(6, tone));
  const pts = `pts='round((1+${setts.replaceAll(/\bT\b/g, '(PTS*TB)')})/TB)':dts=DTS`;
  ffmpeg('-i', wav, '-af', 'asetnsamples=1024', ...PCM, '-bsf:a', `setts=${pts}`, stamped);
  ffmpeg('-copyts', '-i', stamped, '-c', 'copy', '-bsf:a', 'setts=pts=PTS:dts=N*20', path);
  return path;
}

describe('repairs', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['a hole of 20 ms', 'T+0.02*gte(T,2)'],
    ['a hole of 500 ms', 'T+0.5*gte(T,2)'],
    ['an overlap of 30 ms', 'T-0.03*gte(T,2)'],
  ])('%s does not click', (_, setts) =>
    withTempDirectory(async (directory) => {
      const { sound, warnings } = await encode(toneSource(directory, setts), directory, 5, 1);
      const steps = sound.map((value, index) => Math.abs(value - (sound[index - 1] ?? value)));
      // Of the tone: 0.5 · 2π · 440 / 48,000. AAC adds its noise.
      const largest = 0.0288;
      expect(steps.slice(2000, -2000).reduce((most, step) => Math.max(most, step), 0)).toBeLessThan(1.06 * largest);
      expect(warnings).toHaveLength(1);
    }),
  );

  test.each([1.01, 0.98])('a tone keeps its phase through drift of %s', (ratio) =>
    withTempDirectory(async (directory) => {
      const source = toneSource(directory, `T+${ratio - 1}*max(0\\,T-2)`);
      const { sound } = await encode(source, directory, 5, 1);
      const heardAt = (seconds: number): number => tone(seconds <= 2 ? seconds : 2 + (seconds - 2) / ratio);
      const errors = sound.slice(5000, -5000).map((value, index) => value - heardAt((index + 5000) / 48_000));
      const worst = errors.reduce((most, error) => Math.max(most, Math.abs(error)), 0);
      const steps = errors.map((error, index) => Math.abs(error - (errors[index - 1] ?? error)));
      // 0.8 is 0.6 ms, of which the millisecond clock of Matroska is 0.5. A click would be a larger step.
      expect(worst).toBeLessThan(0.8);
      expect(steps.reduce((most, step) => Math.max(most, step), 0)).toBeLessThan(0.05);
    }),
  );

  test('sound that keeps its time is what a plain encode makes of it', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'noise.m4a');
      ffmpeg('-f', 'lavfi', '-i', 'anoisesrc=d=6:r=48000:a=0.3,aformat=channel_layouts=stereo', ...AAC, source);
      const { path, warnings } = await encode(source, directory, 6);
      const plain = join(directory, 'plain.mp4');
      ffmpeg('-i', source, '-af', 'apad=whole_len=288768', ...['-c:a', 'aac', '-b:a', '192k', plain]);
      const hashes = (file: string, edit: string): string[] =>
        ffmpeg('-ignore_editlist', edit, '-i', file, '-c', 'copy', '-f', 'framehash', '-')
          .toString()
          .split('\n')
          .filter((line) => line.startsWith('0,'))
          .map((line) => line.split(',').at(-1)?.trim() ?? '');
      // Ours lacks the priming packet.
      const ours = hashes(path, '0');
      expect(ours).toHaveLength(282);
      expect(hashes(plain, '1').slice(1, 283)).toEqual(ours);
      expect(warnings).toEqual([]);
    }));

  test('the layout and the sample rate change midway', () =>
    withTempDirectory(async (directory) => {
      // Whole AC-3 frames at 48 kHz.
      const partSeconds = (94 * 1536) / 48_000;
      const part = (name: string, rate: number, layout: string, from: number): string => {
        const [wav, path] = [join(directory, `${name}.wav`), join(directory, `${name}.ac3`)];
        writeFileSync(
          wav,
          wavOf(partSeconds, (s) => chirpAt(from + s), rate),
        );
        ffmpeg('-i', wav, '-af', `pan=${layout}|c0=c0|c1=c0`, '-c:a', 'ac3', '-b:a', '384k', path);
        return path;
      };
      const parts = [
        part('a', 48_000, 'stereo', 0),
        part('b', 48_000, '5.1', partSeconds),
        part('c', 44_100, 'stereo', 2 * partSeconds),
      ];
      const joined = join(directory, 'joined.ac3');
      writeFileSync(joined, Buffer.concat(parts.map((path) => readFileSync(path))));
      const source = join(directory, 'joined.mkv');
      ffmpeg('-i', joined, '-c', 'copy', source);
      const { sound, warnings } = await encode(source, directory, 8.5);
      expect(warnings).toContainEqual(
        expect.objectContaining({ code: 'sound_format_changes', message: expect.stringContaining('2 changes') }),
      );
      // Only the second part has it, which the header does not know.
      expect(warnings).toContainEqual({
        code: 'surround_to_stereo',
        message: 'Sound: 6 channels are mixed down to two',
      });
      // AC-3's own delay is 256 samples.
      for (const at of [0.5, 2.5, 3.5, 5.5, 6.5, 8]) {
        expect(Math.abs(lateness(sound, at) - 256 / 48_000)).toBeLessThan(0.003);
      }
    }));

  test('damaged packets are silent and the sound after them is in time', () =>
    withTempDirectory(async (directory) => {
      const wav = join(directory, 'chirp.wav');
      const source = join(directory, 'damaged.mkv');
      writeFileSync(wav, wavOf(6, chirpAt));
      ffmpeg('-i', wav, ...AAC, '-bsf:a', "noise=amount='if(between(n,100,104),1,0)'", source);
      const { sound, warnings } = await encode(source, directory, 6);
      expect(warnings.map(({ code }) => code)).toContain('sound_damaged');
      expect(Math.abs(lateness(sound, 4) - lateness(sound, 0.5))).toBeLessThan(BOUND_SECONDS);
    }));

  test('a part of a film whose sound has ended long before is silent', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'short.wav');
      writeFileSync(source, wavOf(0.05, chirpAt));
      const { sound, warnings } = await encode(source, directory, 2, 1);
      expect(sound.every((value) => value === 0)).toBe(true);
      expect(warnings).toEqual([]);
    }));

  test('sound that cannot be decoded fails finally', () =>
    withTempDirectory(async (directory) => {
      const source = join(directory, 'none.mkv');
      ffmpeg('-f', 'lavfi', '-i', 'anoisesrc=d=2', ...AAC, '-bsf:a', 'noise=amount=1', source);
      await expect(encode(source, directory, 2)).rejects.toMatchObject({ code: 'source_audio_unsupported' });
    }));
});
