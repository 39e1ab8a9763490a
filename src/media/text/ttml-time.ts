/** Time expressions of TTML (TTML2 12.3.1) → milliseconds, by the parameters of the root element (TTML2 7.2). */

/** Attributes of an element, by names without prefixes: programs write whatever prefixes they like. */
export type Attributes = ReadonlyMap<string, string>;

export type Clock = {
  /** Frames per second that times in frames mean, and those that a SMPTE second counts. */
  frameRate: number;
  nominalRate: number;
  subFrameRate: number;
  tickRate: number;
  isSmpte: boolean;
  /** Two numbers of each minute but the tenth are left out. */
  dropsNumbers: boolean;
};

const positive = (text: string | undefined, otherwise: number): number => {
  const number = Number(text);
  return number > 0 && Number.isFinite(number) ? number : otherwise;
};

export function clockOf(root: Attributes): Clock {
  const [numerator, denominator] = (root.get('frameRateMultiplier') ?? '1 1').split(/[\s:]+/);
  const nominalRate = positive(root.get('frameRate'), 30);
  const frameRate = (nominalRate * positive(numerator, 1)) / positive(denominator, 1);
  const subFrameRate = positive(root.get('subFrameRate'), 1);
  const tickRate = positive(root.get('tickRate'), root.has('frameRate') ? frameRate * subFrameRate : 1);
  const isSmpte = root.get('timeBase') === 'smpte';
  const dropsNumbers = isSmpte && root.get('dropMode') === 'dropNTSC';
  return { frameRate, nominalRate, subFrameRate, tickRate, isSmpte, dropsNumbers };
}

const CLOCK_TIME = /^(\d{2,4}):(\d{2}):(\d{2})(?:(\.\d{1,9})|:(\d{1,4})(?:\.(\d{1,4}))?)?$/;
const OFFSET_TIME = /^(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t)$/;

function clockTime(
  [, hours, minutes, seconds, fraction = '0', frames = '0', subFrames = '0']: RegExpExecArray,
  clock: Clock,
): number {
  const { frameRate, nominalRate, subFrameRate } = clock;
  const inMinutes = Number(hours) * 60 + Number(minutes);
  const inSeconds = inMinutes * 60 + Number(seconds);
  const inFrames = Number(frames) + Number(subFrames) / subFrameRate;
  if (!clock.isSmpte) {
    return (inSeconds + Number(fraction) + inFrames / frameRate) * 1000;
  }
  const dropped = clock.dropsNumbers ? 2 * (inMinutes - Math.floor(inMinutes / 10)) : 0;
  return (((inSeconds + Number(fraction)) * nominalRate + inFrames - dropped) / frameRate) * 1000;
}

/** NaN: it is none. */
export function ttmlTimeMs(expression: string, clock: Clock): number {
  const text = expression.trim();
  const time = CLOCK_TIME.exec(text);
  if (time !== null) {
    return clockTime(time, clock);
  }
  const [, number, metric = ''] = OFFSET_TIME.exec(text) ?? [];
  const { frameRate, tickRate } = clock;
  const unitMs = new Map([
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
    ['f', 1000 / frameRate],
    ['t', 1000 / tickRate],
  ]).get(metric);
  return Number(number) * (unitMs ?? Number.NaN);
}
