/** Compares the counters with the model. The sum of all differences must be 0. */
import type { SeriesPoint } from '../../src/analytics/facts.ts';
import { sum } from '../numbers.ts';
import { FILMS } from './audience.ts';
import type { AssetAnswer } from './chunks.ts';
import type { Cell, Counted, Numbers } from './naive-model.ts';
import type { ViewsSystem } from './system.ts';

/** `error` is the sum of the differences of all numbers of this kind. */
type Line = { counted: number; model: number; error: number };
export type Comparison = {
  lines: Record<'views' | 'watchMs' | 'retention' | 'sessions' | 'renditionMs' | 'countries' | 'devices', Line>;
  /** The relative error of the viewers of each asset. It is not part of `error`, because viewers are an estimate. */
  viewersOff: Record<string, number>;
  error: number;
};

/** How often live numbers are polled until two answers in a row are equal. */
const MAX_ASKS = 40;
const ASK_EVERY_MS = 700;

/** Waits until an asset's numbers are stable. Shards report changes to their root every half second. */
async function settled(system: ViewsSystem, assetId: string): Promise<AssetAnswer> {
  const [edge = ''] = system.edges;
  let before = '';
  for (let asks = 0; asks < MAX_ASKS; asks += 1) {
    const answer = await system.ask<AssetAnswer>(edge, '/asset', { assetId });
    const { views, watchMs } = answer.live;
    if (`${views} ${watchMs}` === before) {
      return answer;
    }
    before = `${views} ${watchMs}`;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  throw new Error(`the numbers of ${assetId} keep changing`);
}

const emptyLine = (): Line => ({ counted: 0, model: 0, error: 0 });

function note(line: Line, counted: number, model: number): void {
  line.counted += counted;
  line.model += model;
  line.error += Math.abs(counted - model);
}

function cellsOf(points: readonly SeriesPoint[]): Record<string, Cell> {
  const cells: Record<string, Cell> = {};
  for (const { by = {} } of points) {
    for (const [value, { views, watchMs }] of Object.entries(by)) {
      const cell = cells[value] ?? { views: 0, watchMs: 0 };
      cells[value] = { views: cell.views + views, watchMs: cell.watchMs + watchMs };
    }
  }
  return cells;
}

function noteCells(line: Line, counted: Record<string, Cell>, model: Record<string, Cell>): void {
  for (const value of new Set([...Object.keys(counted), ...Object.keys(model)])) {
    note(line, counted[value]?.watchMs ?? 0, model[value]?.watchMs ?? 0);
    line.error += Math.abs((counted[value]?.views ?? 0) - (model[value]?.views ?? 0));
  }
}

function noteRetention(lines: Comparison['lines'], { retention }: AssetAnswer, model: Counted): void {
  const byVersion = new Map(retention.map((curve) => [curve?.version ?? '', curve]));
  for (const [version, expected] of Object.entries(model.retention)) {
    const curve = byVersion.get(version);
    note(lines.sessions, curve?.sessions ?? 0, expected.sessions);
    for (const [index, count] of expected.counts.entries()) {
      note(lines.retention, curve?.counts[index] ?? 0, count);
    }
  }
}

export async function compare(system: ViewsSystem, model: Numbers): Promise<Comparison> {
  const lines: Comparison['lines'] = {
    ...{ views: emptyLine(), watchMs: emptyLine(), retention: emptyLine(), sessions: emptyLine() },
    ...{ renditionMs: emptyLine(), countries: emptyLine(), devices: emptyLine() },
  };
  const viewersOff: Comparison['viewersOff'] = {};
  const assets = [...new Set(FILMS.map(({ assetId }) => assetId))];
  const answers = await Promise.all(assets.map((assetId) => settled(system, assetId)));
  for (const [index, assetId] of assets.entries()) {
    const [answer, expected] = [answers[index], model[assetId]];
    if (answer === undefined || expected === undefined) {
      throw new RangeError(`there are no numbers of ${assetId}`);
    }
    note(lines.views, answer.live.views, expected.views);
    note(lines.watchMs, answer.live.watchMs, expected.watchMs);
    noteRetention(lines, answer, expected);
    noteCells(lines.renditionMs, cellsOf(answer.series.rendition), expected.rendition);
    noteCells(lines.countries, cellsOf(answer.series.country), expected.country);
    noteCells(lines.devices, cellsOf(answer.series.device), expected.device);
    viewersOff[assetId] = answer.live.viewers / Math.max(1, expected.viewers) - 1;
  }
  const error = sum(Object.values(lines).map((line) => line.error));
  return { lines, viewersOff, error };
}
