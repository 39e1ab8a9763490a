/**
 * From which picture each rendition is scaled. Scaling costs by the pixels that are read: six renditions of 1080p, each
 * from the source, take 10.5 s of CPU for 30 s of film, in a tree like this one 5.4 s, of 67 s that the whole encode takes.
 * Behind the encoder hardly a difference is left (bench/encode.ts, against the source scaled in one step: mean SSIM at
 * most 0.0001 worse, the worst frame 0.0002). Pure.
 */
import type { Rendition } from '../../src/protocol/ladder.ts';

type Size = Pick<Rendition, 'width' | 'height'>;

/** A picture hardly larger would lose detail that the scaler could still use. 720 to 540 and 480 to 360 are 1.33. */
const LEAST_RATIO = 1.3;
/** Each resampling softens a little; this many were compared. */
const MAX_STEPS = 3;

export type ScaleNode = {
  /** Index of the rendition whose picture is read; null: the source's. */
  parent: number | null;
  children: number[];
};

const isLargeEnough = (larger: Size, smaller: Size): boolean =>
  larger.width >= smaller.width * LEAST_RATIO && larger.height >= smaller.height * LEAST_RATIO;

/** One node per rendition, in their order: each reads the smallest picture that is large enough and near the source. */
export function scaleTree(renditions: readonly Size[], source: Size): ScaleNode[] {
  const nodes: ScaleNode[] = renditions.map(() => ({ parent: null, children: [] }));
  const steps: number[] = [];
  const largestFirst = renditions
    .map((size, index) => ({ size, index }))
    .toSorted((a, b) => b.size.width * b.size.height - a.size.width * a.size.height);
  const done: typeof largestFirst = [];
  for (const rendition of largestFirst) {
    const parent = done.findLast(
      ({ size, index }) => isLargeEnough(size, rendition.size) && (steps[index] ?? 0) < MAX_STEPS,
    );
    const isCopy = rendition.size.width === source.width && rendition.size.height === source.height;
    steps[rendition.index] = parent === undefined ? Number(!isCopy) : (steps[parent.index] ?? 0) + 1;
    if (parent !== undefined) {
      nodes[rendition.index] = { parent: parent.index, children: [] };
      nodes[parent.index]?.children.push(rendition.index);
    }
    done.push(rendition);
  }
  return nodes;
}
