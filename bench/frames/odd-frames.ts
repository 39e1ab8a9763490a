/** Odd sources whose frames are hard to find: missing, held, coded in fields, reordered, hidden by an edit list. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../random.ts';
import { codedOrder, fieldCodedStream } from './h264-fields.ts';
import { copyTo, makeFilm, words } from './make-film.ts';
import { patchFile, trimEdits } from './mp4-patches.ts';
import { repeatFirstFields, telecined } from './mpeg2-telecine.ts';
import { FIELDS, HALF_FRAME_SECONDS, held, MPEG2, MPEG4, type OddSource, plain, range, rateOf } from './odd-source.ts';

export function missing(random: Random): OddSource {
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

export function heldLast(random: Random): OddSource {
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

export function avi(random: Random): OddSource {
  const { frames, rate, gop, seconds } = plain(random);
  const output = [...MPEG4, ...words(`-bf ${random.whole(1, 2)} -g ${gop} -c:a pcm_s16le`)];
  return {
    about: `AVI ${rate}, GOPs of ${gop}`,
    make: (directory) => makeFilm(directory, 'a.avi', { frames, rate, sound: seconds, output }),
    ...{ numbers: range(0, frames), seconds, sound: [{ from: 0, to: seconds }] },
  };
}

export function programStream(random: Random): OddSource {
  const { frames, rate, gop, seconds } = plain(random);
  const output = [...MPEG2, ...words(`-bf ${random.whole(0, 2)} -g ${Math.min(gop, 18)} -c:a mp2`)];
  return {
    about: `program stream ${rate}, GOPs of ${gop}`,
    make: (directory) => makeFilm(directory, 'a.mpg', { frames, rate, sound: seconds, output }),
    ...{ numbers: range(0, frames), seconds, sound: [{ from: 0, to: seconds - 0.1 }] },
  };
}

export function interlaced(random: Random): OddSource {
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

export function fieldCoded(random: Random): OddSource {
  // An expression of ffmpeg may have 100 terms.
  const frames = random.whole(30, 48);
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

export function fast(random: Random): OddSource {
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

export function editList(random: Random): OddSource {
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

export function telecine(random: Random): OddSource {
  const frames = random.whole(60, 140);
  const film = { frames, rate: '24000/1001', size: '160x96', sound: 0 };
  return {
    about: `${frames} frames of soft telecine`,
    make: async (directory) => {
      const output = [...MPEG2, ...words(`-bf 0 -g ${random.whole(8, 18)}`)];
      const path = await makeFilm(directory, 'film.m2v', { ...film, output });
      await patchFile(path, repeatFirstFields);
      return telecined(directory, path);
    },
    ...{ shows: range(0, frames), seconds: (frames * 1001) / 24_000, sound: [], soundWithin: HALF_FRAME_SECONDS },
  };
}
