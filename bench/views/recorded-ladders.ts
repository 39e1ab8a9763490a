/** What a view takes at which rate: the last ladders that `RECORD=1 npm run bench -- views bill` has measured. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Rung } from './bill.ts';
import { NO_USE, type Use } from './replay-order.ts';

/** The rungs of one number of isolates that share every audience, from the lowest rate to the highest. */
export type Ladder = { isolates: number; rungs: Rung[] };

const useSchema = z.object(
  Object.fromEntries(Object.keys(NO_USE).map((name) => [name, z.number()])) as Record<keyof Use, z.ZodNumber>,
);
const recordSchema = z.object({
  date: z.iso.date(),
  ladders: z.array(
    z.object({
      isolates: z.number(),
      rungs: z.array(z.object({ viewsPerSecond: z.number(), perView: useSchema })),
    }),
  ),
});

/** The last ladders that `RECORD=1 npm run bench -- views bill` has measured: `npm run bench -- cost` reads them. */
const RECORDED = fileURLToPath(new URL('../results/views-ladders.json', import.meta.url));

export function recordLadders(ladders: readonly Ladder[]): void {
  const round = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(RECORDED, `${JSON.stringify({ date, ladders }, round, 1)}\n`);
}

export function recordedRungs(isolates: number): Rung[] {
  const { ladders } = recordSchema.parse(JSON.parse(readFileSync(RECORDED, 'utf8')));
  const ladder = ladders.find((each) => each.isolates === isolates);
  if (ladder === undefined) {
    throw new RangeError(`nothing was measured with ${isolates} isolates`);
  }
  return ladder.rungs;
}
