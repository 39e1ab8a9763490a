/**
 * `npm run bench -- fleet [N…]`: N encoders (default 1, 10, 100 and 360) encode one film of two hours, which would take
 * one encoder four hours. The Worker, TaskBoard and EncodeWorkflow are the real ones in workerd. An encoder is the real
 * lease loop and HTTP client with a model of ffmpeg (fleet/encoder.ts). Encoders have unequal speeds, and with
 * FAULTS=on some die or lose their network (default `both`: one run without faults, one with). Small fleets run in
 * compressed time (COMPRESS sets the factor for all). The real Worker is not compressed, so its calls and publishing
 * then weigh more. HOURS is the length of the film, JOB_HOURS how long one encoder takes, SEED chooses speeds and
 * faults. SOUND=off leaves out the sound, which one thread encodes as a whole and for which large fleets wait. Exits
 * with 1 if a bound is broken.
 */
import { nameOf, type Outcome, percent, printOutcomes, ratesOf } from './fleet/outcome.ts';
import { runFleet } from './fleet/run.ts';
import { numberOf } from './numbers.ts';

const FILM_SECONDS = numberOf('HOURS', 2) * 3600;
const JOB_SECONDS = numberOf('JOB_HOURS', 4) * 3600;
const SEED = numberOf('SEED', 1);
const HAS_SOUND = process.env['SOUND'] !== 'off';
const FAULTS = process.env['FAULTS'] ?? 'both';

/** From this size on, fleets run in real time. Smaller ones are compressed to take as long. */
const REAL_TIME_FLEET = 100;

/** The documented limits of one Durable Object: requests per second, and writes per second. */
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
        `took ${wall.toFixed(0)} s, must be less than ${LARGE_FLEET_SECONDS} s`,
      ],
      [peak <= SOFT_LIMIT, `${peak} requests in one second, at most ${SOFT_LIMIT}`],
      [
        outcome.rows.written / outcome.seconds <= WRITE_LIMIT,
        `${(outcome.rows.written / outcome.seconds).toFixed(0)} rows written per second, at most ${WRITE_LIMIT}`,
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
  `a film of ${FILM_SECONDS / 3600} h${HAS_SOUND ? '' : ' without sound'} that takes one encoder ${JOB_SECONDS / 3600} h; the speeds of encoders differ by up to a factor of 4`,
);
const outcomes: Outcome[] = [];
for (const encoders of fleets) {
  // A single encoder has no replacement, so it gets no faults by default.
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
        `  leased last, after ${after} s: ${task}, attempt ${attempt}, ${coreSeconds.toFixed(0)} core-seconds at speed ${speed.toFixed(2)}`,
      );
    }
  }
}
if (outcomes.length > 1) {
  printOutcomes(outcomes);
}
const broken = brokenBounds(outcomes);
if (broken.length > 0) {
  console.log(`\nbroken bounds:\n${broken.map((line) => `  ${line}`).join('\n')}`);
  process.exitCode = 1;
}
