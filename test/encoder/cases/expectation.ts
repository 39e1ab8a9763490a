/** What a source must become, by its values, and how a film differs from that. */
import { expect } from 'vitest';
import { ffmpeg } from '../../../bench/ffmpeg.ts';
import { decodeFrames, decodeSound } from '../../../bench/frames/decoded.ts';
import { encodeFilm, type Film } from '../../../bench/frames/encode-film.ts';
import { type Heard, lateness } from '../../../bench/frames/heard.ts';
import { TaskFailure } from '../../../encoder/failure/task-failure.ts';
import type { EncodeOptions } from '../../../src/protocol/encode-options.ts';
import type { EncodePlan } from '../../../src/protocol/plan-schema.ts';
import { TASK_ERRORS, type TaskErrorCode } from '../../../src/protocol/tasks.ts';
import type { WarningCode } from '../../../src/protocol/warnings.ts';

/** A flat part of the picture: its middle as shares of width and height, at this time. */
type Colour = { at?: number; x?: number; y?: number; rgb: readonly [number, number, number]; within?: number };
type Track = { language: string; name?: string; role?: string };

export type Expected = {
  frameRate?: string;
  frames?: number;
  /** The film's length; by how much it may differ. */
  seconds?: number;
  within?: number;
  /** The number that each output frame shows. */
  numbers?: readonly number[];
  /** Each of these numbers is shown at least once, in this order, and nothing else. */
  shows?: readonly number[];
  /** The first half of these at least, in this order, and nothing else: where the source ends depends on its encoder. */
  halfOf?: readonly number[];
  /** From this output frame on, neighbouring lines differ no more than in a progressive picture. */
  uncombedFrom?: number;
  sound?: readonly Heard[];
  /** Sound that is not within 5 ms, but within so many seconds. */
  soundWithin?: number;
  silent?: readonly { from: number; to: number }[];
  colours?: readonly Colour[];
  /** Width and height of the largest rendition. */
  size?: readonly [number, number];
  tracks?: readonly Track[];
  languages?: readonly string[];
  /** AAC frames of each stereo track. */
  soundFrames?: number;
  /** Exactly these codes, in any order. */
  warnings?: readonly WarningCode[];
};

export type Refused = { error: TaskErrorCode; message: RegExp };

const OUTPUT_RATE = 48_000;
const SOUND_ERROR_SECONDS = 0.005;
const SILENCE = 0.003;
const RGB_ERROR = 3;
/** The bar of the tests has 8 when it is combed, and less than 1 when it is not. */
const MAX_TEETH = 2;
/** No case is as long. */
const LONGEST_SECONDS = 100;
/** A hopeless source ends so soon after it is on disk. */
const REFUSAL_MS = 5_000;

function distinct(numbers: readonly (number | null)[]): (number | null)[] {
  return numbers.filter((number, index) => index === 0 || number !== numbers[index - 1]);
}

async function expectSound(path: string, { sound = [], silent = [], soundWithin }: Expected): Promise<void> {
  const samples = await decodeSound(path);
  const within = soundWithin ?? SOUND_ERROR_SECONDS;
  const wrong = sound.flatMap((heard) => {
    const late = lateness(samples, heard);
    const isRight = late.every((seconds) => seconds !== null && Math.abs(seconds) <= within);
    return isRight
      ? []
      : [`${JSON.stringify(heard)}: ${late.map((seconds) => seconds && (1000 * seconds).toFixed(1))} ms late`];
  });
  expect(wrong.join('; '), 'sound that is not where it belongs').toBe('');
  for (const { from, to } of silent) {
    const part = samples.subarray(from * OUTPUT_RATE, to * OUTPUT_RATE);
    expect(
      part.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
      `silence from ${from} s`,
    ).toBeLessThan(SILENCE);
  }
}

/** ITU-R BT.709, limited range. */
function toRgb(y: number, cb: number, cr: number): number[] {
  const [luma, blue, red] = [(y - 16) / 219, (cb - 128) / 224, (cr - 128) / 224];
  const channels = [luma + 1.5748 * red, luma - 0.187324 * blue - 0.468124 * red, luma + 1.8556 * blue];
  return channels.map((value) => Math.min(255, Math.max(0, Math.round(255 * value))));
}

async function colourAt(film: Film, { at = 0, x = 0.5, y = 0.5 }: Colour): Promise<number[]> {
  const { frameRate } = film.plan.video;
  const frame = Math.round((at * frameRate.num) / frameRate.den);
  const crop = `crop=4:4:floor((iw-4)*${x}/2)*2:floor((ih-4)*${y}/2)*2`;
  const { stdout } = await ffmpeg(
    ...['-v', 'error', '-i', film.videoPaths.at(-1) ?? '', '-vf', `select=eq(n\\,${frame}),${crop}`],
    ...['-frames:v', '1', '-pix_fmt', 'yuv420p', '-f', 'rawvideo', '-'],
  );
  const mean = (from: number, to: number): number =>
    stdout.subarray(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
  return toRgb(mean(0, 16), mean(16, 20), mean(20, 24));
}

async function expectColours(film: Film, colours: readonly Colour[]): Promise<void> {
  for (const colour of colours) {
    const got = await colourAt(film, colour);
    const off = got.map((value, channel) => Math.abs(value - (colour.rgb[channel] ?? 0)));
    expect(Math.max(...off), `${got} at ${JSON.stringify(colour)}`).toBeLessThanOrEqual(colour.within ?? RGB_ERROR);
  }
}

/** Of each frame: how much a line differs from the mean of its neighbours, in grey levels. Vertical edges alone give 0. */
async function combing(film: Film): Promise<number[]> {
  const { width, height } = film.plan.video.renditions.at(-1) ?? { width: 0, height: 0 };
  const args = ['-v', 'error', '-i', film.videoPaths.at(-1) ?? '', '-vf', 'extractplanes=y', '-f', 'rawvideo', '-'];
  const { stdout } = await ffmpeg(...args);
  return Array.from({ length: stdout.length / (width * height) }, (_, frame) => {
    let sum = 0;
    for (let at = width; at < width * (height - 1); at++) {
      const [above = 0, here = 0, below = 0] = [at - width, at, at + width].map(
        (i) => stdout[frame * width * height + i],
      );
      sum += Math.abs(here - (above + below) / 2);
    }
    return sum / (width * (height - 2));
  });
}

async function expectUncombed(film: Film, from: number): Promise<void> {
  const combed = (await combing(film)).flatMap((teeth, frame) => (frame >= from && teeth > MAX_TEETH ? [frame] : []));
  expect(combed, 'combed frames').toEqual([]);
}

async function expectPictures(film: Film, expected: Expected): Promise<void> {
  const { frameRate, frameCount } = film.plan.video;
  const { num, den } = frameRate;
  if (expected.frameRate !== undefined) {
    expect(den === 1 ? `${num}` : `${num}/${den}`).toBe(expected.frameRate);
  }
  if (expected.seconds !== undefined) {
    const off = Math.abs((frameCount * den) / num - expected.seconds);
    expect(off, `${(frameCount * den) / num} s`).toBeLessThanOrEqual((expected.within ?? 0) + 1e-6);
  }
  const wanted = expected.numbers ?? expected.shows;
  const shown = await decodeFrames(film.videoPaths.at(-1) ?? '');
  expect(shown).toHaveLength(expected.frames ?? expected.numbers?.length ?? frameCount);
  if (expected.halfOf !== undefined) {
    const numbers = distinct(shown.map(({ number }) => number));
    expect(numbers).toEqual(expected.halfOf.slice(0, numbers.length));
    expect(numbers.length).toBeGreaterThan(expected.halfOf.length / 2);
  }
  if (wanted !== undefined) {
    const numbers = shown.map(({ number }) => number);
    expect(expected.numbers === undefined ? distinct(numbers) : numbers).toEqual(wanted);
  }
}

/** `eng`, `en` and `EN` are one language. */
const canonical = (language: string): string => Intl.getCanonicalLocales(language)[0] ?? language;

function expectFacts({ plan, warnings }: Film, expected: Expected): void {
  const sounds = plan.audio.filter(({ formatOf }) => formatOf === undefined);
  if (expected.size !== undefined) {
    const largest = plan.video.renditions.at(-1);
    expect([largest?.width, largest?.height]).toEqual(expected.size);
  }
  if (expected.tracks !== undefined) {
    const tracks = sounds.map(({ language, name, role }) => ({
      language: canonical(language),
      ...(name === undefined ? {} : { name }),
      ...(role === undefined ? {} : { role }),
    }));
    expect(tracks).toEqual(expected.tracks.map((track) => ({ ...track, language: canonical(track.language) })));
  }
  if (expected.languages !== undefined) {
    expect(sounds.map(({ language }) => canonical(language))).toEqual(expected.languages.map(canonical));
  }
  if (expected.soundFrames !== undefined) {
    expect(sounds.map(({ frameCount }) => frameCount)).toEqual([expected.soundFrames]);
  }
  if (expected.warnings !== undefined) {
    const codes = warnings.map(({ code }) => code).toSorted();
    expect(codes, JSON.stringify(warnings)).toEqual(expected.warnings.toSorted());
  }
}

function refuseLong(plan: EncodePlan): EncodePlan {
  const { frameCount, frameRate } = plan.video;
  // An hour too many would be encoded until the test is out of time.
  expect((frameCount * frameRate.den) / frameRate.num, 'planned seconds').toBeLessThan(LONGEST_SECONDS);
  return plan;
}

/** Encodes the source and compares. Everything is compared before the first difference is thrown. */
export async function expectFilm(
  sourcePath: string,
  directory: string,
  expected: Expected,
  options: EncodeOptions = {},
): Promise<void> {
  const film = await encodeFilm(sourcePath, directory, refuseLong, options);
  const checks: (() => Promise<unknown>)[] = [
    async () => expectPictures(film, expected),
    async () => expectColours(film, expected.colours ?? []),
    async () => {
      if (expected.sound !== undefined || expected.silent !== undefined) {
        await expectSound(film.soundPaths[0] ?? '', expected);
      }
    },
    async () => expected.uncombedFrom === undefined || expectUncombed(film, expected.uncombedFrom),
    async () => expectFacts(film, expected),
  ];
  const problems: string[] = [];
  for (const check of checks) {
    await check().catch((error: unknown) => problems.push(error instanceof Error ? error.message : String(error)));
  }
  expect(problems).toEqual([]);
}

/** It fails with this code, for good, at once, and says why in words. */
export async function expectRefusal(
  sourcePath: string,
  directory: string,
  { error: code, message }: Refused,
): Promise<void> {
  const started = performance.now();
  const error: unknown = await encodeFilm(sourcePath, directory).catch((thrown: unknown) => thrown);
  const tookMs = performance.now() - started;
  if (!(error instanceof TaskFailure)) {
    throw new Error(`wanted ${code}, got ${error instanceof Error ? error.message : 'a film'}`);
  }
  expect(error.code, error.message).toBe(code);
  expect(TASK_ERRORS[error.code].final).toBe(true);
  expect(error.message).toMatch(message);
  expect(error.message).not.toMatch(/exit \d|exited|ffprobe|ffmpeg/);
  expect(tookMs).toBeLessThan(REFUSAL_MS);
}
