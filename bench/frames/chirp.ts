/** Sound in which every place can be told: a rising tone that starts anew ten times a second, from another pitch. Pure. */

const PERIOD_SECONDS = 0.1;
const LOWEST_HZ = 200;
const STEP_HZ = 37;
const PITCHES = 16;
/** Steep: one period of the tone off must look much worse than none, or a lossy codec makes it look better. */
const RISE_HZ_PER_SECOND = 30_000;
const AMPLITUDE = 0.5;
/** Of 1 for the chirp itself; lossy codecs leave 0.98, other places of the chirp reach 0.7. */
const LEAST_LIKENESS = 0.85;

/** Samples compared at once; 0.17 s, in which the tone rises all its way. */
export const WINDOW_SAMPLES = 8192;
/** An AAC frame either way is found, and more. */
const REACH_SAMPLES = 2400;

export function chirpAt(seconds: number): number {
  const period = Math.floor(seconds / PERIOD_SECONDS);
  const since = seconds - period * PERIOD_SECONDS;
  const startHz = LOWEST_HZ + STEP_HZ * (((period % PITCHES) + PITCHES) % PITCHES);
  return AMPLITUDE * Math.sin(2 * Math.PI * (startHz * since + (RISE_HZ_PER_SECOND * since * since) / 2));
}

/**
 * How many samples later than expected `sound` is, looked at from sample `first`; a fraction, as resampled sound lies
 * between samples. `secondsAt`: the chirp's time that is expected at a sample. Null where there is no chirp.
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
  // Much less than what the whole chirp would give: anything else is silence or another sound.
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
