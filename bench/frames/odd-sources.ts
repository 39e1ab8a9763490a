/**
 * Sources of the kinds that are hard to know: random in their details, and each with what must come out of it. The same
 * seed gives the same source.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../random.ts';
import { codedOrder, fieldCodedStream } from './h264-fields.ts';
import type { Heard } from './heard.ts';
import { copyTo, type Ingredients, joinParts, makeFilm, words } from './make-film.ts';
import { patchFile, trimEdits } from './mp4-patches.ts';
import { repeatFirstFields } from './mpeg2-telecine.ts';

export type OddSource = {
  /** The random details, for a reader. */
  about: string;
  make: (directory: string) => Promise<string>;
  /** The picture of each output frame, or … */
  numbers?: readonly number[];
  /** … those that are shown, in order, where parts of the source may meet between two places of the grid. */
  shows?: readonly number[];
  /** The film's length in seconds, to within two frames, and a frame for each place where parts meet. */
  seconds: number;
  sound: readonly Heard[];
  /** Where sound is measured against a picture that may lie half a frame from its time. */
  soundWithin?: number;
};

const MPEG2 = words('-c:v mpeg2video -q:v 3 -sc_threshold 1000000000');
const MPEG4 = words('-c:v mpeg4 -q:v 3 -sc_threshold 1000000000');
const FIELDS = words('-flags +ilme+ildct');
const RATES = ['24', '25', '30', '50', '24000/1001', '30000/1001'] as const;
/** Half a frame at the lowest of these rates, and the 5 ms that sound may be off. */
const HALF_FRAME_SECONDS = 0.026;

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const held = (number: number, times: number): number[] => Array.from({ length: times }, () => number);
const rateOf = (rate: string): number => {
  const [num = 0, den = 1] = rate.split('/').map(Number);
  return num / den;
};

/** Its sound ends with the picture. */
function plain(random: Random): { frames: number; rate: string; gop: number; seconds: number } {
  const rate = random.pick(RATES);
  const frames = random.whole(60, 140);
  return { frames, rate, gop: random.whole(8, 60), seconds: frames / rateOf(rate) };
}

function missing(random: Random): OddSource {
  const { frames, rate, seconds } = plain(random);
  const slots = range(1, frames - 1);
  const dropped = new Set(slots.filter(() => random.chance(random.pick([0.02, 0.1]))));
  dropped.add(random.pick(slots));
  const kept = range(0, frames).filter((slot) => !dropped.has(slot));
  const numbers = range(0, frames).map((slot) => kept.filter((other) => other <= slot).length - 1);
  const name = random.pick(['a.mp4', 'a.mkv', 'a.ts']);
  const film = { times: kept.map((slot) => slot / rateOf(rate)), sound: seconds, output: words('-c:a ac3') };
  return {
    about: `${name} ${rate} without ${[...dropped].join(' ')}`,
    make: (directory) => makeFilm(directory, name, film),
    ...{ numbers, seconds, sound: [{ from: 0, to: seconds }] },
  };
}

function heldLast(random: Random): OddSource {
  const { frames, gop } = plain(random);
  const extra = random.whole(10, 150);
  const seconds = (frames + extra) / 25;
  return {
    about: `last of ${frames} frames held for ${extra} more`,
    make: async (directory) => {
      const output = ['-bf', '0', '-g', String(gop)];
      const path = await makeFilm(directory, 'whole.mp4', { frames, sound: seconds, output });
      const last = `if(eq(N\\,${frames - 1})\\,${(extra + 1) / 25}/TB\\,DURATION)`;
      return copyTo(directory, path, 'a.mp4', '-bsf:v', `setts=duration='${last}'`);
    },
    ...{ numbers: [...range(0, frames), ...held(frames - 1, extra)], seconds, sound: [{ from: 0, to: seconds }] },
  };
}

function soundLonger(random: Random): OddSource {
  const { frames } = plain(random);
  const extra = random.whole(5, 150);
  const seconds = (frames + extra) / 25;
  const name = random.pick(['a.mp4', 'a.mkv', 'a.mov']);
  const codec = name === 'a.mkv' ? '-c:a flac' : '-c:a aac';
  return {
    about: `${name}: ${frames} frames, sound for ${extra} more`,
    make: (directory) => makeFilm(directory, name, { frames, sound: seconds, output: words(codec) }),
    ...{ numbers: [...range(0, frames), ...held(frames - 1, extra)], seconds, sound: [{ from: 0, to: seconds }] },
  };
}

function soundEarlier(random: Random): OddSource {
  const { frames } = plain(random);
  const lead = random.whole(5, 150);
  const seconds = (frames + lead) / 25;
  const name = random.pick(['a.mp4', 'a.mkv']);
  const codec = name === 'a.mkv' ? '-c:a pcm_s16le' : '-c:a aac';
  return {
    about: `${name}: sound for ${lead} frames before ${frames}`,
    make: (directory) =>
      makeFilm(directory, name, { frames, pictureDelay: lead / 25, sound: seconds, output: words(codec) }),
    ...{ numbers: [...held(0, lead), ...range(0, frames)], seconds, sound: [{ from: 0, to: seconds }] },
  };
}

function soundLate(random: Random): OddSource {
  const delay = random.between(0.2, 9);
  const frames = 300;
  const name = random.pick(['a.mp4', 'a.mkv', 'a.ts']);
  const film = { frames, soundDelay: delay, sound: 12 - delay, output: words('-c:a ac3') };
  return {
    about: `${name}: sound begins at ${delay.toFixed(3)} s`,
    make: (directory) => makeFilm(directory, name, film),
    ...{ numbers: range(0, frames), seconds: 12, sound: [{ from: delay + 0.05, to: 11.9, ahead: -delay }] },
  };
}

/** AAC packets of 1,024 samples. */
const PACKET_SECONDS = 1024 / 48_000;

/** Packets of sound at other times, and what is then heard. */
function soundMoved(about: string, times: string, sound: readonly Heard[], seconds: number): OddSource {
  return {
    about,
    make: async (directory) => {
      const path = await makeFilm(directory, 'whole.mp4', { frames: 25 * seconds, output: words('-bf 0') });
      const moved = `setts=ts='(${times.replaceAll('T', '(TS*TB)').replaceAll(',', '\\,')})/TB'`;
      return copyTo(directory, path, 'a.mp4', '-bsf:a', moved);
    },
    // Sound that ends later than 0.1 s after the picture holds it.
    ...{ shows: range(0, 25 * seconds), seconds: Math.max(seconds, sound.at(-1)?.to ?? 0), sound },
  };
}

function soundHoles(random: Random): OddSource {
  const every = random.whole(30, 120);
  const gap = random.between(0.006, 0.3);
  const seconds = 8;
  const pieces = Math.floor((seconds / PACKET_SECONDS - 2) / every);
  const starts = range(0, pieces + 1).map((piece) => piece * (every * PACKET_SECONDS + gap));
  const sound = starts.map((start, piece) => ({
    from: Math.max(0, start),
    to: piece === pieces ? seconds + pieces * gap : start + (every - 2) * PACKET_SECONDS,
    ahead: -piece * gap,
  }));
  const long = sound.filter(({ from, to }) => to - from > 0.4);
  return soundMoved(`holes of ${gap.toFixed(4)} s every ${every} packets`, `T+floor(N/${every})*${gap}`, long, seconds);
}

function soundDrift(random: Random): OddSource {
  const drift = random.pick([-1, 1]) * random.between(0.0005, 0.03);
  const to = 8 * (1 + drift);
  return soundMoved(
    `drift of ${(100 * drift).toFixed(3)} %`,
    `T*${1 + drift}`,
    [{ from: 0, to, rate: 1 / (1 + drift) }],
    8,
  );
}

/** Parts of a transport stream; the clock of each begins at its offset, in lengths of a part. */
function parted(
  about: string,
  offsets: readonly number[],
  random: Random,
  change: (part: number) => Ingredients,
): OddSource {
  const frames = 25 * random.whole(2, 4);
  const partSeconds = frames / 25;
  const parts = offsets.map((offset, part): Ingredients => {
    const { output = [], ...rest } = change(part);
    return {
      ...{ frames, firstNumber: part * frames, sound: partSeconds, soundFrom: part * partSeconds, ...rest },
      output: [...words('-c:a ac3 -b:a 192k'), ...output, '-output_ts_offset', String(offset * partSeconds)],
    };
  });
  return {
    about: `${about}, ${offsets.length} parts of ${partSeconds} s`,
    make: (directory) => joinParts(directory, 'a.ts', parts),
    shows: range(0, frames * offsets.length),
    seconds: partSeconds * offsets.length,
    sound: offsets.map((_, part) => ({ from: part * partSeconds + 0.12, to: (part + 1) * partSeconds - 0.12 })),
    // The parts meet where the longer of sound and picture ends.
    soundWithin: 0.045,
  };
}

const clockBreak = (random: Random): OddSource => {
  const kind = random.pick(['restarts', 'restarts twice', 'jumps']);
  const offsets = { restarts: [0, 0], 'restarts twice': [0, 0, 0], jumps: [0, random.whole(100, 9000)] }[kind];
  return parted(`the clock ${kind}`, offsets ?? [0, 0], random, () => ({}));
};
const clockWrap = (random: Random): OddSource => {
  const start = 2 ** 33 / 90_000 - random.between(1.5, 4.5);
  const film = { frames: 125, output: [...words('-c:a ac3'), '-output_ts_offset', start.toFixed(6)] };
  return {
    about: `the clock wraps; it starts at ${start.toFixed(3)} s`,
    make: (directory) => makeFilm(directory, 'a.ts', film),
    ...{ numbers: range(0, 125), seconds: 5, sound: [{ from: 0, to: 4.9 }] },
  };
};
const sizeChange = (random: Random): OddSource =>
  parted('the size changes', [0, 1], random, (part) => ({
    size: part === 0 ? '160x90' : random.pick(['320x180', '128x72']),
  }));
const layoutChange = (random: Random): OddSource => {
  const channels = random.pick([
    [2, 6],
    [6, 2],
    [1, 2],
  ] as const);
  return parted(`${channels.join(' to ')} channels`, [0, 1], random, (part) => ({ channels: channels[part] ?? 2 }));
};

function midGop(random: Random): OddSource {
  const gop = random.whole(20, 70);
  const dropped = random.whole(1, gop - 1);
  const [frames, first] = [gop + 60, gop];
  const codec = random.chance(0.5) ? MPEG2 : [];
  const output = [...codec, ...words(`-bf 0 -g ${gop} -keyint_min ${gop} -c:a ac3`)];
  const seconds = (frames - first) / 25;
  return {
    about: `${codec.length > 0 ? 'MPEG-2' : 'H.264'} from packet ${dropped} of a GOP of ${gop}`,
    make: async (directory) => {
      const path = await makeFilm(directory, 'whole.ts', { frames, output });
      return copyTo(directory, path, 'a.ts', '-copyinkf', '-bsf:v', `noise=drop=lt(n\\,${dropped})`);
    },
    ...{ numbers: range(first, frames), seconds, sound: [{ from: 0, to: seconds - 0.1, ahead: first / 25 }] },
  };
}

function avi(random: Random): OddSource {
  const { frames, rate, gop, seconds } = plain(random);
  const output = [...MPEG4, ...words(`-bf ${random.whole(1, 2)} -g ${gop} -c:a pcm_s16le`)];
  return {
    about: `AVI ${rate}, GOPs of ${gop}`,
    make: (directory) => makeFilm(directory, 'a.avi', { frames, rate, sound: seconds, output }),
    ...{ numbers: range(0, frames), seconds, sound: [{ from: 0, to: seconds }] },
  };
}

function programStream(random: Random): OddSource {
  const { frames, rate, gop, seconds } = plain(random);
  const output = [...MPEG2, ...words(`-bf ${random.whole(0, 2)} -g ${Math.min(gop, 18)} -c:a mp2`)];
  return {
    about: `program stream ${rate}, GOPs of ${gop}`,
    make: (directory) => makeFilm(directory, 'a.mpg', { frames, rate, sound: seconds, output }),
    ...{ numbers: range(0, frames), seconds, sound: [{ from: 0, to: seconds - 0.1 }] },
  };
}

function interlaced(random: Random): OddSource {
  const { frames, gop } = plain(random);
  const isH264 = random.chance(0.5);
  const codec = isH264 ? words('-x264-params tff=1') : MPEG2;
  const output = [...codec, ...FIELDS, ...words(`-g ${gop} -c:a ac3`)];
  const name = random.pick(isH264 ? ['a.ts', 'a.mp4', 'a.mkv'] : ['a.ts', 'a.mkv', 'a.mpg']);
  const film = { frames, size: '192x160', filters: 'setfield=tff', output };
  return {
    about: `${name}, ${isH264 ? 'MBAFF' : 'MPEG-2'}`,
    make: (directory) => makeFilm(directory, name, film),
    ...{ numbers: range(0, frames), seconds: frames / 25, sound: [{ from: 0, to: frames / 25 - 0.1 }] },
  };
}

function fieldCoded(random: Random): OddSource {
  const frames = random.whole(30, 60);
  const bFrames = random.chance(0.5);
  const whole = bFrames ? 0 : random.whole(0, 5);
  const isFrame = (number: number): boolean => number % 10 < whole;
  const order = codedOrder(frames, bFrames);
  const times = order.flatMap((number) => (isFrame(number) ? [2 * number] : [2 * number, 2 * number + 1]));
  return {
    about: `${frames} frames, ${whole} of ten not in fields${bFrames ? ', B fields' : ''}`,
    make: async (directory) => {
      const stream = join(directory, 'fields.264');
      await writeFile(stream, fieldCodedStream(frames, { isFrame, bFrames }));
      const untimed = await copyTo(directory, stream, 'untimed.ts', '-bsf:v', 'setts=ts=N*1800');
      const sum = times.map((field, packet) => `eq(N\\,${packet})*${field}`).join('+');
      return copyTo(
        directory,
        untimed,
        'a.ts',
        '-bsf:v',
        `setts=pts='((${sum})*0.02+0.1)/TB':dts='N*0.02*${(2 * frames) / times.length}/TB'`,
      );
    },
    ...{ numbers: range(0, frames), seconds: frames / 25, sound: [] },
  };
}

function fast(random: Random): OddSource {
  const [rate, step] = random.pick([
    [480, 8],
    [960, 16],
    [300, 5],
    [240, 4],
  ] as const);
  const name = random.pick(['a.mp4', 'a.mov']);
  return {
    about: `${name} at ${rate} fps`,
    make: (directory) => makeFilm(directory, name, { frames: 2 * rate, rate: String(rate), size: '128x72' }),
    numbers: range(0, 120).map((slot) => slot * step),
    ...{ seconds: 2, sound: [{ from: 0, to: 2 }] },
  };
}

function editList(random: Random): OddSource {
  const { frames, gop } = plain(random);
  const first = random.chance(0.7) ? random.whole(1, frames - 30) : 0;
  const count = random.whole(25, frames - first);
  return {
    about: `frames ${first} to ${first + count - 1} of ${frames}, GOPs of ${gop}`,
    make: async (directory) => {
      const path = await makeFilm(directory, 'a.mp4', { frames, output: ['-g', String(gop)] });
      return patchFile(path, (bytes) => trimEdits(bytes, first / 25, count / 25));
    },
    ...{ numbers: range(first, first + count), seconds: count / 25 },
    sound: [{ from: 0, to: count / 25, ahead: first / 25 }],
  };
}

function telecine(random: Random): OddSource {
  const frames = random.whole(60, 140);
  const film = { frames, rate: '24000/1001', size: '160x96', sound: 0 };
  return {
    about: `${frames} frames of soft telecine`,
    make: async (directory) => {
      const output = [...MPEG2, ...words(`-bf 0 -g ${random.whole(8, 18)}`)];
      const path = await makeFilm(directory, 'film.m2v', { ...film, output });
      await patchFile(path, repeatFirstFields);
      return copyTo(directory, path, 'a.mpg', '-f', 'vob');
    },
    ...{ shows: range(0, frames), seconds: (frames * 1001) / 24_000, sound: [], soundWithin: HALF_FRAME_SECONDS },
  };
}

const KINDS = {
  'frames missing': missing,
  'last frame held': heldLast,
  'sound longer': soundLonger,
  'sound earlier': soundEarlier,
  'sound late': soundLate,
  'sound with holes': soundHoles,
  'sound that drifts': soundDrift,
  'clock that breaks': clockBreak,
  'clock that wraps': clockWrap,
  'size that changes': sizeChange,
  'layout that changes': layoutChange,
  'start in mid-GOP': midGop,
  'AVI with B-frames': avi,
  'program stream': programStream,
  interlaced,
  'field-coded': fieldCoded,
  'more than 240 fps': fast,
  'edit list': editList,
  telecine,
} as const satisfies Record<string, (random: Random) => OddSource>;

export type OddKind = keyof typeof KINDS;
export const ODD_KINDS = Object.keys(KINDS) as OddKind[];

export function makeOddSource(seed: number): OddSource & { kind: OddKind } {
  const random = new Random(seed);
  const kind = random.pick(ODD_KINDS);
  return { kind, ...KINDS[kind](random) };
}

/** Every second seed, so that a run of neighbouring seeds has both. */
export const isOdd = (seed: number): boolean => seed % 2 === 1;
