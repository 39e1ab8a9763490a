/** Keys of objects whose bytes repeat, which say how (worker/repeated-object.ts). */

/** `startBytes` bytes, then a period again and again up to the size. */
export type Repeated = { startBytes: number; periodBytes: number; sizeBytes: number };

const KEY = /\.repeated-(\d+)-(\d+)-(\d+)\.mp4$/;

export const repeatedKey = (name: string, { startBytes, periodBytes, sizeBytes }: Repeated): string =>
  `sources/bench/${name}.repeated-${startBytes}-${periodBytes}-${sizeBytes}.mp4`;

/** Null for any other key. */
export function readRepeatedKey(key: string): Repeated | null {
  const [, startBytes, periodBytes, sizeBytes] = KEY.exec(key) ?? [];
  return sizeBytes === undefined
    ? null
    : { startBytes: Number(startBytes), periodBytes: Number(periodBytes), sizeBytes: Number(sizeBytes) };
}
