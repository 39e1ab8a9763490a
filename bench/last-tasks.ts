/**
 * `npm run bench -- last-tasks [N…]`: what it is worth that the board keeps a job's last tasks from slow encoders
 * (src/control/encoding/board/last-tasks.ts). The real TaskBoard in workerd, driven by N encoders (default 30, 100 and 360)
 * in virtual time (fleet/worker/virtual-time.ts), so that the same build gives the same figures on any machine. A film of
 * two hours without sound, which is four hours for one encoder; speeds differ by four times, drawn by seeds from 1 to
 * SEEDS. Fails where the rule is not worth its code.
 */
import { z } from 'zod';
import { percent } from './fleet/outcome.ts';
import { type FleetSystem, startFleetSystem } from './fleet/system.ts';
import { printTable } from './table.ts';

const FILM_SECONDS = 2 * 3600;
const JOB_SECONDS = 4 * 3600;
const SEEDS = Number(process.env['SEEDS'] ?? 4);
const BOUND_FLEET = 100;
/** Of the efficiency. Below, a first come, first served board would do. */
const LEAST_WORTH = 0.03;

const fleets = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [30, BOUND_FLEET, 360];
if (fleets.some((count) => !Number.isInteger(count) || count < 1)) {
  throw new RangeError('usage: npm run bench -- last-tasks [N…]');
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

async function efficiencies({ url }: FleetSystem, encoders: number, isRuleOn: boolean): Promise<number[]> {
  const found: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const body = JSON.stringify({ encoders, filmSeconds: FILM_SECONDS, jobSeconds: JOB_SECONDS, seed, isRuleOn });
    const response = await fetch(new URL('/bench/simulate', url), { method: 'POST', body });
    found.push(JOB_SECONDS / encoders / z.number().parse(await response.json()));
  }
  return found;
}

const system = await startFleetSystem({});
try {
  const rows: string[][] = [];
  for (const encoders of fleets) {
    const withRule = await efficiencies(system, encoders, true);
    const without = await efficiencies(system, encoders, false);
    const worth = mean(withRule) - mean(without);
    const all = (values: readonly number[]): string =>
      `${percent(Math.min(...values))} to ${percent(Math.max(...values))}`;
    const cells = [withRule, without].flatMap((values) => [percent(mean(values)), all(values)]);
    rows.push([String(encoders), ...cells, (100 * worth).toFixed(1)]);
    if (encoders === BOUND_FLEET && worth < LEAST_WORTH) {
      process.exitCode = 1;
    }
  }
  printTable(['encoders', 'with the rule', 'all seeds', 'without', 'all seeds', 'points'], rows);
} finally {
  await system.close();
}
