/** Odd sources: transport streams of several parts, or that lack their start. */
import type { Random } from '../random.ts';
import { copyTo, type Ingredients, joinParts, makeFilm, words } from './make-film.ts';
import { MPEG2, type OddSource, range } from './odd-source.ts';

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

export const clockBreak = (random: Random): OddSource => {
  const kind = random.pick(['restarts', 'restarts twice', 'jumps']);
  const offsets = { restarts: [0, 0], 'restarts twice': [0, 0, 0], jumps: [0, random.whole(100, 9000)] }[kind];
  return parted(`the clock ${kind}`, offsets ?? [0, 0], random, () => ({}));
};

export const clockWrap = (random: Random): OddSource => {
  const start = 2 ** 33 / 90_000 - random.between(1.5, 4.5);
  const film = { frames: 125, output: [...words('-c:a ac3'), '-output_ts_offset', start.toFixed(6)] };
  return {
    about: `the clock wraps; it starts at ${start.toFixed(3)} s`,
    make: (directory) => makeFilm(directory, 'a.ts', film),
    ...{ numbers: range(0, 125), seconds: 5, sound: [{ from: 0, to: 4.9 }] },
  };
};

export const sizeChange = (random: Random): OddSource =>
  parted('the size changes', [0, 1], random, (part) => ({
    size: part === 0 ? '160x90' : random.pick(['320x180', '128x72']),
  }));

export const layoutChange = (random: Random): OddSource => {
  const channels = random.pick([
    [2, 6],
    [6, 2],
    [1, 2],
  ] as const);
  return parted(`${channels.join(' to ')} channels`, [0, 1], random, (part) => ({ channels: channels[part] ?? 2 }));
};

export function midGop(random: Random): OddSource {
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
