/** What `bench encode` promises, and what of a run breaks it. Pure. */
import type { Measured } from './measure-command.ts';
import type { Quality } from './quality.ts';

/** Ours ÷ the baseline's, at most. */
const MAX_RATIO = { wallToSingle: 1, wallToLoop: 0.7, cpu: 1.05, bytes: 1.01 };
/** Ours − the baseline's, at least, in every rendition. */
const MIN_DIFFERENCE: Quality = { mean: -0.0005, worst: -0.01 };

export type Difference = Quality & { track: string };

export function differencesOf(tracks: readonly string[], ours: readonly Quality[], plain: readonly Quality[]) {
  return tracks.map((track, at): Difference => {
    const [mine, theirs] = [ours[at] ?? { mean: 0, worst: 0 }, plain[at] ?? { mean: 1, worst: 1 }];
    return { track, mean: mine.mean - theirs.mean, worst: mine.worst - theirs.worst };
  });
}

/** One line for each broken bound. */
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
    // Not `>`: what is not a number breaks the bound.
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

/** Of several rounds: their sum, and the mean share of idle cores. */
export function total(rounds: readonly Measured[]): Measured {
  const sum = (kind: keyof Measured): number => rounds.reduce((all, round) => all + round[kind], 0);
  return {
    wallSeconds: sum('wallSeconds'),
    cpuSeconds: sum('cpuSeconds'),
    bytes: sum('bytes'),
    idle: sum('idle') / rounds.length,
  };
}
