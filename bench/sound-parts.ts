/**
 * `npm run bench -- sound-parts [N…]`: what encoding the sound in parts gains on large fleets. N encoders (default 30, 100
 * and 360) of two cores drive the real TaskBoard in workerd in virtual time (fleet/worker/virtual-time.ts), so a build gives
 * the same figures on any machine. The film has two hours with one stereo track, and its picture would take one encoder four
 * hours. Speeds differ by up to a factor of 4 and are drawn with the seeds 1 to SEEDS. Fails if parts gain too little.
 */
import { simulate } from './fleet/simulate.ts';
import { startFleetSystem } from './fleet/system.ts';
import { numberOf, sum } from './numbers.ts';
import { printTable } from './table.ts';

const FILM = { filmSeconds: 2 * 3600, jobSeconds: 4 * 3600, isRuleOn: true };
const SEEDS = numberOf('SEEDS', 4);
const BOUND_FLEET = 360;
/** Of the time with whole sound. */
const MOST_SHARE = 0.75;

const fleets = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [30, 100, BOUND_FLEET];
if (fleets.some((count) => !Number.isInteger(count) || count < 1)) {
  throw new RangeError('usage: npm run bench -- sound-parts [N…]');
}

const system = await startFleetSystem({});
try {
  const rows: string[][] = [];
  for (const encoders of fleets) {
    const timesOf = async (sound: 'none' | 'whole' | 'parts'): Promise<number[]> => {
      const found: number[] = [];
      for (let seed = 1; seed <= SEEDS; seed++) {
        found.push(await simulate(system, { ...FILM, encoders, seed, sound }));
      }
      return found;
    };
    const [none, whole, parts] = [await timesOf('none'), await timesOf('whole'), await timesOf('parts')];
    const share = sum(parts) / sum(whole);
    const cells = [none, whole, parts].map(
      (times) =>
        `${(sum(times) / SEEDS).toFixed(0)} (${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)})`,
    );
    rows.push([String(encoders), ...cells, share.toFixed(2)]);
    if (encoders === BOUND_FLEET && share > MOST_SHARE) {
      process.exitCode = 1;
    }
  }
  printTable(['encoders', 'no sound, s', 'whole, s', 'in parts, s', 'parts / whole'], rows);
} finally {
  await system.close();
}
