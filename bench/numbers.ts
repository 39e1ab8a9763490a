/** Sums and medians, and the numbers that environment variables set. */

/** The number in an environment variable, or `otherwise` if it is not set. */
export function numberOf(name: string, otherwise: number): number {
  const value = Number(process.env[name] || otherwise);
  if (Number.isNaN(value)) {
    throw new RangeError(`${name} must be a number`);
  }
  return value;
}

/** The seed in SEED, or a random one. */
export const seedOf = (): number => numberOf('SEED', Math.floor(Math.random() * 2 ** 32)) >>> 0;

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
