/** What the Worker wrote into the page of each rendition's bit rate: players know a part of it, another one for HLS and DASH. Pure. */
import type { BitRate } from './text.ts';

/** By height, from `{"720": [average, peak]}`. Empty where the page has none: its link was refused. */
export function parseBitRates(json: string | undefined): ReadonlyMap<number, BitRate> {
  const entries: [string, [number, number]][] = Object.entries(JSON.parse(json ?? '{}'));
  return new Map(entries.map(([height, [average, peak]]) => [Number(height), { average, peak }]));
}
