/** Runs an odd source through the encoder's code and holds the film to what the source says of itself. */
import { fractionToNumber } from '../../src/media/fraction.ts';
import type { EncodePlan } from '../../src/protocol/plan-schema.ts';
import { Random } from '../random.ts';
import { type CaseResult, comparePictures, tryIn } from './case-result.ts';
import { decodeSound } from './decoded.ts';
import { encodeFilm, type Film } from './encode-film.ts';
import { lateness } from './heard.ts';
import type { OddSource } from './odd-source.ts';
import { makeOddSource } from './odd-sources.ts';
import { compareFrames, type FrameFaults } from './promise.ts';
import { recut } from './run-case.ts';

const MAX_SOUND_MS = 5;
/** A film that is longer than this goes by a clock that it should not believe. */
const LONGEST_SECONDS = 60;
/** A frame at either end, and one where parts meet. */
const LENGTH_FRAMES = 3;

/** Held pictures aside, each is shown once, and in order. */
function compareOrder(wanted: readonly number[], shown: readonly (number | null)[]): FrameFaults {
  const distinct = shown.filter((number, index) => index === 0 || number !== shown[index - 1]);
  return compareFrames(wanted, distinct);
}

async function checkSound({ sound, soundWithin }: OddSource, { soundPaths }: Film) {
  if (sound.length === 0) {
    return { soundMs: null, problems: [] };
  }
  const samples = await decodeSound(soundPaths[0] ?? '');
  const late = sound.map((heard) => lateness(samples, heard).map((seconds) => seconds && 1000 * seconds));
  const limitMs = Math.max(MAX_SOUND_MS, 1000 * (soundWithin ?? 0));
  const wrong = sound.filter((_, piece) => late[piece]?.some((ms) => ms === null || Math.abs(ms) > limitMs));
  const problems = wrong.map(
    (heard) => `sound ${JSON.stringify(heard)} is ${late[sound.indexOf(heard)]?.join(', ')} ms late`,
  );
  const [first, middle, last] = [late[0]?.[0], late[Math.floor(late.length / 2)]?.[1], late.at(-1)?.[2]];
  return { soundMs: first == null || middle == null || last == null ? null : [first, middle, last], problems };
}

async function runOdd(source: OddSource, seed: number, directory: string): Promise<CaseResult> {
  const random = new Random(seed + 1);
  const film = await encodeFilm(await source.make(directory), directory, (plan): EncodePlan => {
    const { frameCount, frameRate } = plan.video;
    const seconds = frameCount / fractionToNumber(frameRate);
    if (seconds > LONGEST_SECONDS) {
      throw new Error(`the film is planned to last ${seconds} s in place of ${source.seconds} s`);
    }
    return recut(plan, random.chance(0.6) ? random.whole(13, 40) : null, random.whole(1, 3));
  });
  const { numbers, shows = [] } = source;
  const pictures = await comparePictures(film, (shown) =>
    numbers === undefined ? compareOrder(shows, shown) : compareFrames(numbers, shown),
  );
  const sound = await checkSound(source, film);
  const { frameCount, frameRate } = film.plan.video;
  const off = frameCount - source.seconds * fractionToNumber(frameRate);
  const problems = [
    ...(Math.abs(off) > LENGTH_FRAMES
      ? [`${frameCount} frames at ${JSON.stringify(frameRate)} are not ${source.seconds} s`]
      : []),
    ...[...pictures.problems, ...sound.problems],
  ];
  return { ...pictures, chunks: film.plan.chunks.length, driftSamples: null, soundMs: sound.soundMs, problems };
}

export const tryOdd = (seed: number): Promise<CaseResult> =>
  tryIn((directory) => runOdd(makeOddSource(seed), seed, directory));
