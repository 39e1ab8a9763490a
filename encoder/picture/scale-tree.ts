/**
 * The picture that each rendition is scaled from. Scaling costs by the pixels read: for 30 s of film, six renditions of
 * 1080p take 10.5 s of CPU from the source and 5.4 s in this tree, of 67 s for the whole encode. Mean SSIM is at most
 * 0.0001 worse, the worst frame 0.0002 (bench/encode.ts). Pure.
 */
import type { Rendition } from '../../src/protocol/ladder.ts';

type Size = Pick<Rendition, 'width' | 'height'>;

/** A picture that is hardly larger lacks detail that the scaler could use. 720 to 540 and 480 to 360 are 1.33. */
const LEAST_RATIO = 1.3;
/** Each resampling softens the picture a little. More steps were not measured. */
const MAX_STEPS = 3;

export type ScaleNode = {
  /** Index of the rendition whose picture is read; null: the source's. */
  parent: number | null;
  children: number[];
};

const isLargeEnough = (larger: Size, smaller: Size): boolean =>
  larger.width >= smaller.width * LEAST_RATIO && larger.height >= smaller.height * LEAST_RATIO;

/** One node per rendition, in their order. Each reads the smallest picture that is large enough, within MAX_STEPS. */
export function scaleTree(renditions: readonly Size[], source: Size): ScaleNode[] {
  const nodes = renditions.map((): ScaleNode => ({ parent: null, children: [] }));
  const placed: { index: number; size: Size; steps: number }[] = [];
  const largestFirst = [...renditions.entries()].sort(([, a], [, b]) => b.width * b.height - a.width * a.height);
  for (const [index, size] of largestFirst) {
    const parent = placed.findLast((larger) => isLargeEnough(larger.size, size) && larger.steps < MAX_STEPS);
    const isCopy = size.width === source.width && size.height === source.height;
    placed.push({ index, size, steps: parent === undefined ? Number(!isCopy) : parent.steps + 1 });
    if (parent !== undefined) {
      nodes[index] = { parent: parent.index, children: [] };
      nodes[parent.index]?.children.push(index);
    }
  }
  return nodes;
}
