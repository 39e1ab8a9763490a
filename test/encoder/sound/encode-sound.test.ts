/** Real sources through the real encoder: the sound is heard when its time stamps say, to 5 ms. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ffmpeg, withTempDirectory } from '../media/media-fixtures.ts';
import { chirpAt, encode, lateness, WINDOW_SECONDS, wavOf } from './sound-fixtures.ts';

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
    name: 'a hole of 6 ms each 0.35 s',
    file: 'a.mp4',
    codec: AAC,
    setts: 'T+0.006*floor(T/0.35)',
    stamp: (_, s) => s + 0.006 * Math.floor(s / 0.35),
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
  // NUT has the samples as its time base. DTS a second ahead of PTS keep ffmpeg from changing times that go back.
  const [packets, stamped] = [join(directory, 'packets.nut'), join(directory, 'stamped.nut')];
  ffmpeg('-i', wav, '-af', 'asetnsamples=1024', ...codec, packets);
  const pts = `round((${ORIGIN_SECONDS}+${setts.replaceAll(/\bT\b/g, '(PTS*TB)')})/TB)`;
  ffmpeg('-i', packets, '-c', 'copy', '-bsf:a', `setts=pts='${pts}':dts=DTS`, stamped);
  ffmpeg('-copyts', '-i', stamped, '-c', 'copy', path);
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
