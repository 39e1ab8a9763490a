/** Sound between its samples: a windowed sinc, for sound that drifts. Pure. */

/** Samples on each side. With the window below, aliases are 80 dB down. */
export const REACH = 24;
const TAPS = 2 * REACH;
/** Between two phases the kernel is interpolated; its error is below that of 16-bit samples. */
const PHASES = 512;
const KAISER_BETA = 8;
/** The upper 6 % of the band are given to the filter's slope: from 22.5 kHz at 48 kHz. */
const PASS_BAND = 0.94;

/** Modified Bessel function of the first kind, order 0, by its series. */
function bessel0(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function kernelAt(distance: number, band: number): number {
  const share = distance / REACH;
  if (Math.abs(share) >= 1) {
    return 0;
  }
  const window = bessel0(KAISER_BETA * Math.sqrt(1 - share * share)) / bessel0(KAISER_BETA);
  const angle = Math.PI * distance * band;
  return window * (angle === 0 ? 1 : Math.sin(angle) / angle);
}

/** Row p holds the taps for a position p / PHASES behind a sample. `step`: input samples per output sample. */
export function createKernel(step: number): Float32Array {
  const band = PASS_BAND * Math.min(1, 1 / step);
  const table = new Float32Array((PHASES + 1) * TAPS);
  for (let phase = 0; phase <= PHASES; phase++) {
    const row = Array.from({ length: TAPS }, (_, tap) => kernelAt(tap - REACH + 1 - phase / PHASES, band));
    const sum = row.reduce((total, value) => total + value, 0);
    table.set(
      row.map((value) => value / sum),
      phase * TAPS,
    );
  }
  return table;
}

/** The sample of each channel at `position` of interleaved `sound`, whose first sample has position 0, into sample `index` of `out`, which is zero. */
export function resampleAt(
  kernel: Float32Array,
  sound: Float32Array,
  channels: number,
  position: number,
  out: Float32Array,
  index: number,
) {
  const whole = Math.floor(position);
  const phase = (position - whole) * PHASES;
  const row = Math.floor(phase) * TAPS;
  const share = phase - Math.floor(phase);
  const target = channels * index;
  let source = channels * (whole - REACH + 1);
  for (let tap = row; tap < row + TAPS; tap++) {
    const here = kernel[tap] ?? 0;
    const weight = here + share * ((kernel[tap + TAPS] ?? 0) - here);
    for (let channel = 0; channel < channels; channel++) {
      out[target + channel] = (out[target + channel] ?? 0) + weight * (sound[source + channel] ?? 0);
    }
    source += channels;
  }
}
