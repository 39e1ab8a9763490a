/** Sound follows its time stamps within 5 ms, from start to end, whatever happens on the way. */
import { describe } from 'vitest';
import type { Heard } from '../../../bench/frames/heard.ts';
import { copyTo, type Ingredients, joinParts, makeFilm, words } from '../../../bench/frames/make-film.ts';
import { patchFile, setAudioConfig } from '../../../bench/frames/mp4-patches.ts';
import { type Case, range, runCases } from './run-cases.ts';

/** AAC packets of 1,024 samples at 48 kHz. */
const PACKET_SECONDS = 1024 / 48_000;
const OPUS_DELAY_SECONDS = 312 / 48_000;
const STILL = { rate: '5', size: '128x72' };
const MP4_AAC = words('-c:a aac -bf 0');

/** A film whose packets of sound are moved or dropped, in a container that keeps odd times. */
async function moved(
  directory: string,
  seconds: number,
  bitstreamFilter: string,
  name = 'source.mp4',
  ...args: string[]
): Promise<string> {
  const whole = { ...STILL, frames: 5 * seconds, output: MP4_AAC };
  const path = await makeFilm(directory, 'whole.mp4', whole);
  return copyTo(directory, path, name, '-bsf:a', bitstreamFilter.replaceAll(',', '\\,'), ...args);
}
/** setts of times in seconds; `T` is the packet's own. */
const times = (expression: string): string => `setts=ts='(${expression.replaceAll('T', '(TS*TB)')})/TB'`;

/** The bounds of piece `index` of those that each have `packets` packets, and come `gap` seconds after the piece before. */
function piece(index: number, packets: number, gap: number): Heard {
  const [from, to] = [index, index + 1].map((n) => (n * packets - 1) * PACKET_SECONDS + index * gap);
  return { from: (from ?? 0) - 0.05, to: (to ?? 0) + 0.05, ahead: -index * gap };
}

const timeStamps: Case[] = [
  {
    name: 'one hole of 80 ms',
    make: (directory) => moved(directory, 8, times('T+if(gte(N,150),0.08,0)')),
    right: {
      sound: [
        { from: 0, to: 3.15 },
        { from: 3.3, to: 8, ahead: -0.08 },
      ],
      warnings: ['sound_gaps_filled'],
    },
  },
  {
    name: 'a hole of one second, whose packets are gone',
    make: (directory) => moved(directory, 6, 'noise=drop=between(n,100,146)', 'source.mkv'),
    right: {
      sound: [
        { from: 0, to: 2.05 },
        { from: 3.2, to: 5.9 },
      ],
      ...{ silent: [{ from: 2.2, to: 3 }], soundWithin: 0.0061, warnings: ['sound_gaps_filled'] },
    },
  },
  {
    name: '69 holes of 5 ms, which make the sound longer than the picture',
    make: (directory) => moved(directory, 15, times('T+floor(N/10)*0.005')),
    right: {
      sound: [1, 17, 34, 51, 67].map((index) => piece(index, 10, 0.005)),
      warnings: ['picture_held', 'sound_gaps_filled'],
    },
  },
  {
    name: 'an overlap: time stamps go back by 60 ms',
    // Matroska's ticks: setts takes those of the MP4 otherwise.
    make: (directory) =>
      moved(directory, 6, times('T-if(gte(N,150),0.06,0)'), 'source.mkv', ...words('-time_base:a 1/1000')),
    right: {
      sound: [
        { from: 0, to: 3.05 },
        { from: 3.25, to: 5.9, ahead: 0.06 },
      ],
      ...{ soundWithin: 0.0061, warnings: ['sound_overlaps_cut'] },
    },
  },
  ...[0.01, -0.02, 0.05].map(
    (drift): Case => ({
      name: `drift of ${100 * drift} %`,
      make: (directory) => moved(directory, 8, times(`T*${1 + drift}`)),
      right: {
        sound: [{ from: 0, to: 8 * Math.min(1, 1 + drift) - 0.1, rate: 1 / (1 + drift) }],
        // The longer sound holds the last picture where it outlasts it by more than 0.1 s.
        warnings: drift > 0.02 ? ['picture_held', 'sound_drift_corrected'] : ['sound_drift_corrected'],
      },
    }),
  ),
  {
    name: 'drift of 1 % that begins in the middle',
    make: (directory) => moved(directory, 10, times('T+0.01*max(0,T-5)')),
    right: {
      sound: [
        { from: 0, to: 4.9 },
        { from: 5, to: 9.9, rate: 1 / 1.01 },
      ],
      warnings: ['sound_drift_corrected'],
    },
  },
  {
    name: 'a first packet that lasts half a second longer than its samples',
    make: (directory) => moved(directory, 5, times('T+if(gte(N,2),0.5,0)')),
    right: { sound: [{ from: 0.6, to: 5, ahead: -0.5 }] },
  },
  {
    name: 'time stamps that jitter by 3 ms are no holes',
    make: (directory) => moved(directory, 6, times('T+0.003*sin(N*2.4)')),
    right: { sound: [{ from: 0, to: 6 }], warnings: [] },
  },
  {
    name: 'MP3 of an unknown rate in AVI',
    make: (directory) =>
      makeFilm(directory, 'source.avi', {
        ...{ ...STILL, frames: 200, sampleRate: 44_100 },
        output: words('-c:v mpeg4 -bf 0 -c:a libmp3lame -b:a 0'),
      }),
    // AVI does not say how long the delay of the codec is.
    right: { sound: [{ from: 0.1, to: 39.9 }], soundWithin: 0.03 },
  },
  {
    name: 'Opus on a millisecond clock',
    make: (directory) =>
      makeFilm(directory, 'source.webm', {
        // ffmpeg 5.1 writes Opus without the delay of the codec, which is part of the times of blocks (RFC 9559 5.1.4.1.25.10).
        ...{ soundDelay: OPUS_DELAY_SECONDS, sound: 4 - OPUS_DELAY_SECONDS },
        output: words('-c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus'),
      }),
    right: { numbers: range(0, 100), sound: [{ from: 0, to: 4 }], warnings: [] },
  },
];

/** Two parts of a TS on one clock, with sound that differs. */
function changing(directory: string, codec: string, first: Ingredients, second: Ingredients): Promise<string> {
  const part = (index: number, sound: Ingredients): Ingredients => ({
    ...{ ...STILL, frames: 20, firstNumber: 20 * index, sound: 4, soundFrom: 4 * index, ...sound },
    output: [...words(codec), '-output_ts_offset', String(4 * index)],
  });
  return joinParts(directory, 'source.ts', [part(0, first), part(1, second)]);
}
const CONTINUES: Heard[] = [
  { from: 0, to: 3.95 },
  { from: 4.05, to: 7.9 },
];
const changes = (parts: readonly [string, Ingredients, Ingredients], seconds = 8): Case['right'] => ({
  ...{ frames: 5 * seconds, sound: CONTINUES, soundWithin: 0.0061 },
  warnings: [
    'sound_format_changes',
    // All six channels have the same sound: the sum is too loud.
    ...([parts[1], parts[2]].some(({ channels = 1 }) => channels > 2)
      ? (['surround_to_stereo', 'sound_attenuated'] as const)
      : []),
    // The second part's priming overlaps the padding of the first.
    ...(parts[0].includes('aac') ? (['sound_overlaps_cut'] as const) : []),
  ],
});

const FORMATS: readonly (readonly [string, readonly [string, Ingredients, Ingredients]])[] = [
  ['AC-3 from stereo to 5.1', ['-c:a ac3 -b:a 384k', { channels: 2 }, { channels: 6 }]],
  ['AC-3 from 5.1 to stereo', ['-c:a ac3 -b:a 384k', { channels: 6 }, { channels: 2 }]],
  ['AAC from mono to stereo', ['-c:a aac -b:a 128k', { channels: 1 }, { channels: 2 }]],
  ['MP2 from 48 to 44.1 kHz', ['-c:a mp2 -b:a 192k', { sampleRate: 48_000 }, { sampleRate: 44_100 }]],
];
const formats: Case[] = FORMATS.map(([name, parts]) => ({
  name: `${name} in the middle of a TS`,
  make: (directory) => changing(directory, ...parts),
  right: changes(parts),
}));

const late: Case[] = (
  [
    ['AAC', '-c:a aac'],
    ['AC-3', '-c:a ac3'],
  ] as const
).map(([name, codec]) => ({
  name: `${name} that begins after 15 s of a TS`,
  make: (directory) =>
    makeFilm(directory, 'source.ts', {
      // A transport stream names the track from its start. Its packets come later than ffmpeg looks by itself.
      ...{ ...STILL, frames: 90, size: '320x180', soundDelay: 15, sound: 3 },
      output: words(`-g 10 ${codec} -b:v 4M -minrate 4M -nal-hrd cbr -bufsize 1M -x264-params nal-hrd=cbr`),
    }),
  right: { frames: 90, sound: [{ from: 15.1, to: 17.9, ahead: -15 }], silent: [{ from: 0, to: 14.9 }], warnings: [] },
}));

/** AudioSpecificConfigs (ISO/IEC 14496-3 1.6.2.1) that no decoder of ffmpeg takes. */
const CONFIGS = { 'xHE-AAC': 'f94824211c', CELP: '4188000000' };
const undecodable: Case[] = [
  ...Object.entries(CONFIGS).map(
    ([name, config]): Case => ({
      name: `${name} as the only sound`,
      make: async (directory) =>
        patchFile(await makeFilm(directory, 'source.mp4', { frames: 25 }), (bytes) =>
          setAudioConfig(bytes, Buffer.from(config, 'hex')),
        ),
      right: { error: 'source_audio_unsupported', message: /sound|audio/i },
    }),
  ),
  {
    name: 'xHE-AAC beside a track that can be decoded',
    make: async (directory) => {
      const path = await makeFilm(directory, 'whole.mp4', { frames: 50 });
      const both = await copyTo(directory, path, 'source.mp4', '-map', '0:a');
      return patchFile(both, (bytes) => setAudioConfig(bytes, Buffer.from(CONFIGS['xHE-AAC'], 'hex')));
    },
    right: {
      numbers: range(0, 50),
      tracks: [{ language: 'und' }],
      sound: [{ from: 0, to: 2 }],
      warnings: ['track_dropped'],
    },
  },
];

describe('sound', () => {
  runCases([...timeStamps, ...formats, ...late, ...undecodable]);
});
