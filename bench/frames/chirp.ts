/** Sound that reveals its time: a rising tone that restarts ten times per second, each time at another pitch. Pure. */

const PERIOD_SECONDS = 0.1;
const LOWEST_HZ = 200;
const STEP_HZ = 37;
const PITCHES = 16;
/** Steep, so that an offset of one period matches much worse than none, even after a lossy codec. */
const RISE_HZ_PER_SECOND = 30_000;
const AMPLITUDE = 0.5;
/** The chirp itself matches with 1, after lossy codecs with 0.98. Other places of the chirp reach 0.7. */
const LEAST_LIKENESS = 0.85;

/** How many samples are compared: 0.17 s, which contains a complete rise of the tone. */
export const WINDOW_SAMPLES = 8192;
/** Finds offsets of more than two AAC frames in either direction. */
const REACH_SAMPLES = 2400;

export function chirpAt(seconds: number): number {
  const period = Math.floor(seconds / PERIOD_SECONDS);
  const since = seconds - period * PERIOD_SECONDS;
  const startHz = LOWEST_HZ + STEP_HZ * (((period % PITCHES) + PITCHES) % PITCHES);
  return AMPLITUDE * Math.sin(2 * Math.PI * (startHz * since + (RISE_HZ_PER_SECOND * since * since) / 2));
}

/**
 * How many samples later than expected the sound is, measured from sample `first`. It may be a fraction, because
 * resampled sound lies between samples. `secondsAt` gives the expected chirp time of a sample. Null if there is no
 * chirp.
 */
export function findDelay(sound: Float32Array, first: number, secondsAt: (sample: number) => number): number | null {
  const reference = Float64Array.from({ length: WINDOW_SAMPLES + 2 * REACH_SAMPLES }, (_, index) =>
    chirpAt(secondsAt(first + index - REACH_SAMPLES)),
  );
  const window = sound.subarray(first, first + WINDOW_SAMPLES);
  const products = Float64Array.from({ length: 2 * REACH_SAMPLES + 1 }, (_, shift) => {
    let sum = 0;
    for (let index = 0; index < WINDOW_SAMPLES; index++) {
      sum += (window[index] ?? 0) * (reference[shift + index] ?? 0);
    }
    return sum;
  });
  let best = 0;
  for (const [shift, product] of products.entries()) {
    best = product > (products[best] ?? 0) ? shift : best;
  }
  const [before = 0, peak = 0, after = 0] = [products[best - 1], products[best], products[best + 1]];
  const energy = window.reduce((sum, value) => sum + value * value, 0);
  // A much weaker match than the chirp's means silence or another sound.
  if (
    peak < LEAST_LIKENESS * Math.sqrt(energy * WINDOW_SAMPLES * (AMPLITUDE ** 2 / 2)) ||
    energy < WINDOW_SAMPLES / 1000
  ) {
    return null;
  }
  const bend = before - 2 * peak + after;
  const between = bend === 0 ? 0 : (before - after) / (2 * bend);
  return REACH_SAMPLES - (best + between);
}
