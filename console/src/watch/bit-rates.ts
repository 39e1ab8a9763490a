/** The bit rates of the renditions. The Worker writes them into the page, because players know only parts. Pure. */
import type { BitRate } from './text.ts';

/** By height, from `{"720": [average, peak]}`. Empty if the page has none because its link was refused. */
export function parseBitRates(json: string | undefined): ReadonlyMap<number, BitRate> {
  const entries: [string, [number, number]][] = Object.entries(JSON.parse(json ?? '{}'));
  return new Map(entries.map(([height, [average, peak]]) => [Number(height), { average, peak }]));
}
