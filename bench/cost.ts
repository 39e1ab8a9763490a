/**
 * `npm run bench -- cost`: what 1,000 minutes watched at 4 Mb/s cost to deliver at list prices, as Markdown for the
 * README, beside what hosted services ask for the same. Each variable replaces a figure: MINUTES, MBPS,
 * MINUTES_PER_SESSION, MEMORY_SHARE, HIT_RATIO, CPU_MS. Fails above 2 cents.
 */
import { costLines, gigabytes, totalUsd, type Watching } from './cost-model.ts';
import { HOSTED } from './prices.ts';

const USD_MAX = 0.02;

const given = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

const WATCHING: Omit<Watching, 'edgeCache'> = {
  minutes: given('MINUTES', 1000),
  bitsPerSecond: given('MBPS', 4) * 1e6,
  segmentSeconds: 4,
  audioTracks: 1,
  // A fifth of a film of 100 minutes: bench/replay.ts.
  minutesPerSession: given('MINUTES_PER_SESSION', 20),
  renditionsPerSession: 2,
  // 32 MiB are nothing beside a catalogue of films: `npm run bench -- hitratio`, real sizes.
  memoryShare: given('MEMORY_SHARE', 0),
  // `npm run bench -- hitratio`, warm.
  hitRatio: given('HIT_RATIO', 0.979),
  // `npm run bench -- delivery`: 1.7 ms for 2 MB of picture, 0.2 for sound; all of workerd's, sockets included.
  requestCpuMs: given('CPU_MS', 1),
  // An isolate with ten requests a second reports every 15 s.
  requestsPerReport: 150,
};

const dollars = (usd: number): string => `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`;
const whole = (count: number): string => Math.round(count).toLocaleString('en');

const workers = costLines({ ...WATCHING, edgeCache: 'workers' });
const cacheApi = costLines({ ...WATCHING, edgeCache: 'on' });
const { minutes, bitsPerSecond, hitRatio, memoryShare, requestCpuMs } = WATCHING;

console.log(
  `${whole(minutes)} minutes at ${bitsPerSecond / 1e6} Mb/s; ${(hitRatio * 100).toFixed(1)} % not from R2, ${memoryShare * 100} % from memory; ${requestCpuMs} ms of CPU a request\n`,
);
console.log('| | `EDGE_CACHE=workers` | | `EDGE_CACHE=on` | |\n|---|---|---|---|---|');
for (const [index, { name, count, usd }] of workers.entries()) {
  const other = cacheApi[index];
  console.log(
    `| ${name} | ${whole(count)} | ${dollars(usd)} | ${whole(other?.count ?? 0)} | ${dollars(other?.usd ?? 0)} |`,
  );
}
console.log(`| **together** | | **${dollars(totalUsd(workers))}** | | **${dollars(totalUsd(cacheApi))}** |\n`);

console.log('| for the same | list price | source |\n|---|---|---|');
const gb = gigabytes({ ...WATCHING, edgeCache: 'on' });
for (const { name, minutes: perMinutes, gb: perGb, usd, source, read } of HOSTED) {
  const price = perMinutes === undefined ? (gb / (perGb ?? 1)) * usd : (minutes / perMinutes) * usd;
  console.log(`| ${name} | ${dollars(price)} | ${source}, as of ${read} |`);
}
if (totalUsd(workers) > USD_MAX * (minutes / 1000)) {
  console.log(`\nFAILED: the bound is ${dollars(USD_MAX)} for 1,000 minutes`);
  process.exitCode = 1;
}
