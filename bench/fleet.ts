/**
 * `npm run bench -- fleet [N…]`: N encoders (default 1, 10, 100 and 360) on one film of two hours, which is a job of four
 * hours for one of them. The Worker, TaskBoard and EncodeWorkflow are the real ones in workerd; an encoder is the real
 * lease loop and HTTP client with a model of ffmpeg in it (fleet/encoder.ts): unequal speeds, and with FAULTS=on (default
 * `both`: once without, once with) deaths and cut networks. Small fleets run in compressed time (COMPRESS sets it for
 * all): the calls, waits and the publishing of the real Worker are not compressed with it, so they weigh more than they would.
 * Ends with 1 where a bound is broken. HOURS is the film's length, JOB_HOURS what one encoder takes, SEED the
 * draw. SOUND=off leaves the sound out: it is encoded whole, by one thread, and so keeps large fleets waiting.
 */
import { nameOf, type Outcome, percent, printOutcomes, ratesOf } from './fleet/outcome.ts';
import { runFleet } from './fleet/run.ts';

const numberOf = (name: string, fallback: number): number => Number(process.env[name] ?? fallback) || fallback;

const FILM_SECONDS = numberOf('HOURS', 2) * 3600;
const JOB_SECONDS = numberOf('JOB_HOURS', 4) * 3600;
const SEED = numberOf('SEED', 1);
const HAS_SOUND = process.env['SOUND'] !== 'off';
const FAULTS = process.env['FAULTS'] ?? 'both';

/** Of a fleet of this size and more: nothing is compressed. Smaller ones take as long as this one. */
const REAL_TIME_FLEET = 100;

/** One Durable Object's documented limits: requests a second, and of those that write. */
const SOFT_LIMIT = 1_000;
const WRITE_LIMIT = 200;
const LEAST_EFFICIENCY = 0.9;
const BOUND_FLEET = 100;
const LARGE_FLEET = 360;
const LARGE_FLEET_SECONDS = 300;

function brokenBounds(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) => {
    const wall = outcome.moments.ready - outcome.moments.posted;
    const { peak } = ratesOf(outcome);
    const rules: [holds: boolean, rule: string][] = [
      [
        outcome.encoders !== BOUND_FLEET || outcome.useful >= LEAST_EFFICIENCY,
        `efficiency ${percent(outcome.useful)}, at least ${percent(LEAST_EFFICIENCY)}`,
      ],
      [
        outcome.encoders !== LARGE_FLEET || wall < LARGE_FLEET_SECONDS,
        `${wall.toFixed(0)} s, less than ${LARGE_FLEET_SECONDS} s`,
      ],
      [peak <= SOFT_LIMIT, `${peak} requests in a second, at most ${SOFT_LIMIT}`],
      [
        outcome.rows.written / outcome.seconds <= WRITE_LIMIT,
        `${(outcome.rows.written / outcome.seconds).toFixed(0)} rows written a second, at most ${WRITE_LIMIT}`,
      ],
    ];
    return rules.filter(([holds]) => !holds).map(([, rule]) => `${nameOf(outcome)} encoders: ${rule}`);
  });
}

const fleets = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 10, BOUND_FLEET, LARGE_FLEET];
if (fleets.some((count) => !Number.isInteger(count) || count < 1)) {
  throw new RangeError('usage: npm run bench -- fleet [N…]');
}
console.log(
  `a film of ${FILM_SECONDS / 3600} h that takes one encoder ${JOB_SECONDS / 3600} h; ${HAS_SOUND ? '' : 'without sound; '}speeds differ by four times`,
);
const outcomes: Outcome[] = [];
for (const encoders of fleets) {
  // The only encoder there is has nobody to take its place.
  for (const withFaults of [false, true].filter((on) =>
    FAULTS === 'both' ? !on || encoders > 1 : on === (FAULTS === 'on'),
  )) {
    const outcome = await runFleet({
      encoders,
      withFaults,
      filmSeconds: FILM_SECONDS,
      hasSound: HAS_SOUND,
      jobSeconds: JOB_SECONDS,
      compress: numberOf('COMPRESS', Math.max(1, REAL_TIME_FLEET / encoders)),
      seed: SEED,
    });
    outcomes.push(outcome);
    printOutcomes([outcome]);
    for (const [trouble, count] of outcome.troubles) {
      console.log(`  ${count} × ${trouble}`);
    }
    for (const { task, attempt, coreSeconds, speed, leasedAt } of outcome.last) {
      const after = (leasedAt - outcome.moments.posted).toFixed(0);
      console.log(
        `  leased after ${after} s: ${task}, attempt ${attempt}, ${coreSeconds.toFixed(0)} core-s at speed ${speed.toFixed(2)}`,
      );
    }
  }
}
if (outcomes.length > 1) {
  printOutcomes(outcomes);
}
const broken = brokenBounds(outcomes);
if (broken.length > 0) {
  console.log(`\nbroken:\n${broken.map((line) => `  ${line}`).join('\n')}`);
  process.exitCode = 1;
}
