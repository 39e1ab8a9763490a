/** The bounds of `npm run bench -- encode`, and which of them a run breaks. Pure. */
import type { Measured } from './measure-command.ts';
import { sum } from './numbers.ts';
import type { Quality } from './quality.ts';

/** Upper bounds of our figure divided by the baseline's. */
const MAX_RATIO = { wallToSingle: 1, wallToLoop: 0.7, cpu: 1.05, bytes: 1.01 };
/** Lower bounds of our SSIM minus the baseline's, in every rendition. */
const MIN_DIFFERENCE: Quality = { mean: -0.0005, worst: -0.01 };

export type Difference = Quality & { track: string };

export function differencesOf(tracks: readonly string[], ours: readonly Quality[], plain: readonly Quality[]) {
  return tracks.map((track, at): Difference => {
    const [mine, theirs] = [ours[at] ?? { mean: 0, worst: 0 }, plain[at] ?? { mean: 1, worst: 1 }];
    return { track, mean: mine.mean - theirs.mean, worst: mine.worst - theirs.worst };
  });
}

/** Returns a line for each broken bound. */
export function brokenBounds(
  { ours, single, loop }: { ours: Measured; single: Measured; loop: Measured },
  differences: readonly Difference[],
): string[] {
  const ratios = [
    ['wall to the single command', ours.wallSeconds / single.wallSeconds, MAX_RATIO.wallToSingle],
    ['wall to the loop', ours.wallSeconds / loop.wallSeconds, MAX_RATIO.wallToLoop],
    ['CPU to the single command', ours.cpuSeconds / single.cpuSeconds, MAX_RATIO.cpu],
    ['bytes to the single command', ours.bytes / single.bytes, MAX_RATIO.bytes],
  ] as const;
  return [
    // Written so that NaN breaks the bound.
    ...ratios.flatMap(([what, ratio, most]) =>
      ratio <= most ? [] : [`${what}: ${ratio.toFixed(3)}, bound ${most.toFixed(2)}`],
    ),
    ...differences.flatMap(({ track, ...difference }) =>
      (['mean', 'worst'] as const).flatMap((kind) =>
        difference[kind] >= MIN_DIFFERENCE[kind]
          ? []
          : [`${track}, ${kind} SSIM: ${difference[kind].toFixed(5)}, bound ${MIN_DIFFERENCE[kind]}`],
      ),
    ),
  ];
}

/** The sum of several rounds, with the mean share of idle cores. */
export function total(rounds: readonly Measured[]): Measured {
  const totalOf = (kind: keyof Measured): number => sum(rounds.map((round) => round[kind]));
  return {
    wallSeconds: totalOf('wallSeconds'),
    cpuSeconds: totalOf('cpuSeconds'),
    bytes: totalOf('bytes'),
    idle: totalOf('idle') / rounds.length,
  };
}
