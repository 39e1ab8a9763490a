/** A case is data: what the source is, how it is made, and what it must become. */
import { test } from 'vitest';
import type { EncodeOptions } from '../../../src/protocol/encode-options.ts';
import { withTempDirectory } from '../media/media-fixtures.ts';
import { type Expected, expectFilm, expectRefusal, type Refused } from './expectation.ts';

export type Case = {
  name: string;
  /** Makes the file in the directory and returns its path. */
  make: (directory: string) => Promise<string>;
  /** How the asset is encoded. */
  options?: EncodeOptions;
  right: Expected | Refused;
};

/** A dozen programs one after another, on a machine that other tests share. */
const TIMEOUT_MS = 60_000;

export function runCases(cases: readonly Case[]): void {
  test.each(cases)('$name', { timeout: TIMEOUT_MS }, ({ make, right, options }) =>
    withTempDirectory(async (directory) => {
      const path = await make(directory);
      await ('error' in right ? expectRefusal(path, directory, right) : expectFilm(path, directory, right, options));
    }),
  );
}

/** The numbers from `from` to `to`, without the last. */
export const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);
