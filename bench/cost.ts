/**
 * `npm run bench -- cost`: what 1,000 minutes watched at 4 Mb/s cost to deliver at list prices, and to count as views, as
 * Markdown for the README, beside what hosted services ask for the same. Fails where the delivery of what is deployed by
 * default (EDGE_CACHE=both) costs more than 2 cents. Each variable replaces a figure: MINUTES, MBPS, MINUTES_PER_SESSION,
 * MEMORY_SHARE, HIT_RATIO, CPU_MS, LOG_LINES, VIEWERS_PER_ISOLATE, ISOLATES_PER_ASSET, ISOLATES, STATE_READS, FLUSH_SECONDS.
 */
import { type CostLine, costLines, gigabytes, totalUsd, viewLines, type Watching } from './cost-model.ts';
import { HOSTED } from './prices.ts';

const USD_MAX = 0.02;

const given = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

const SHARED: Watching = {
  minutes: given('MINUTES', 1000),
  bitsPerSecond: given('MBPS', 4) * 1e6,
  segmentSeconds: 4,
  audioTracks: 1,
  // A fifth of a film of 100 minutes: bench/replay.ts.
  minutesPerSession: given('MINUTES_PER_SESSION', 20),
  renditionsPerSession: 2,
  // 32 MiB are nothing beside a catalogue of films: `npm run bench -- hitratio`, real sizes.
  memoryShare: given('MEMORY_SHARE', 0),
  // `npm run bench -- hitratio`, warm: one data centre, whose cache lets go of nothing.
  hitRatio: given('HIT_RATIO', 0.979),
  // `npm run bench -- delivery`, "our CPU": 1.6 ms for 2 MB, which is four seconds of picture, and 0.2 for sound; their
  // mean. It is all of workerd's, sockets included, for objects in memory. From the local Cache API 1 MB takes 3.5 ms, the
  // work of the cache included, which is in the same process here. A Worker on Cloudflare is billed for what its isolate
  // computes alone; nobody has measured it there. Each further millisecond adds $0.0006.
  requestCpuMs: given('CPU_MS', 1),
  // wrangler.toml has no line for each invocation; a request that is answered well writes none of its own.
  logLines: given('LOG_LINES', 0),
  edgeCache: 'both',
  viewersPerIsolate: given('VIEWERS_PER_ISOLATE', 10),
  isolatesPerAsset: given('ISOLATES_PER_ASSET', 20),
  // However few watch, some are awake: as many as `npm run bench -- views` takes for its bill.
  isolates: given('ISOLATES', 20),
  // current.json of one asset and the head of the revocations, each every 5 s: half of EDGE_STATE_SECONDS.
  stateReadsPerMinute: given('STATE_READS', (2 * 60) / 5),
  flushSeconds: given('FLUSH_SECONDS', 10),
  // `npm run bench -- views`, as with 128 isolates.
  collectorMicroseconds: 6,
};
/**
 * In an isolate and on an asset of his own. That the data centre has the film is another matter. He asks every 4 s, so
 * that what may change is read every 8 s.
 */
const LONE: Watching = {
  ...{ ...SHARED, viewersPerIsolate: 1, isolatesPerAsset: 1 },
  stateReadsPerMinute: given('STATE_READS', (2 * 60) / 8),
};

const COLUMNS: readonly { name: string; watching: Watching }[] = [
  { name: '`workers`', watching: { ...SHARED, edgeCache: 'workers' } },
  { name: '`on`', watching: { ...SHARED, edgeCache: 'on' } },
  { name: '`both`', watching: SHARED },
  { name: '`both`, each viewer alone', watching: LONE },
];

const dollars = (usd: number): string => `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`;
const whole = (count: number): string => Math.round(count).toLocaleString('en');
const row = (cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`);

function showLines(linesOf: (watching: Watching) => CostLine[]): void {
  const columns = COLUMNS.map(({ watching }) => linesOf(watching));
  for (const [index, { name }] of (columns[0] ?? []).entries()) {
    const cells = columns.map((lines) => lines[index]);
    row([name, ...cells.map((line) => (line?.count ? `${whole(line.count)}: ${dollars(line.usd)}` : '–'))]);
  }
}

const showTotal = (name: string, usdOf: (watching: Watching) => number): void =>
  row([`**${name}**`, ...COLUMNS.map(({ watching }) => `**${dollars(usdOf(watching))}**`)]);

const deliveryUsd = (watching: Watching): number => totalUsd(costLines(watching));
const viewsUsd = (watching: Watching): number => totalUsd(viewLines(watching));

const { minutes, bitsPerSecond, hitRatio, isolates, isolatesPerAsset, memoryShare, requestCpuMs, viewersPerIsolate } =
  SHARED;
console.log(
  `${whole(minutes)} minutes at ${bitsPerSecond / 1e6} Mb/s; ${(hitRatio * 100).toFixed(1)} % not from R2, ${memoryShare * 100} % from memory; ${requestCpuMs} ms of CPU a request; ${viewersPerIsolate} viewers of an asset in each of its ${isolatesPerAsset} isolates, or one; ${isolates} isolates awake\n`,
);
row(['EDGE_CACHE', ...COLUMNS.map(({ name }) => name)]);
console.log(`|${'---|'.repeat(COLUMNS.length + 1)}`);
showLines(costLines);
showTotal('delivery', deliveryUsd);
showLines(viewLines);
showTotal('delivery and views', (watching) => deliveryUsd(watching) + viewsUsd(watching));

/** What the table takes for granted, and what a lone viewer costs where it is not so. */
console.log('\ndelivery to a viewer alone, `both`:');
const extremes: [string, Partial<Watching>][] = [
  ['nobody has watched the film in this data centre', { hitRatio: 0 }],
  ['nobody else watches anything: one isolate is awake', { isolates: 1 }],
  ['neither', { hitRatio: 0, isolates: 1 }],
  ['Workers Logs takes a line for each invocation', { logLines: 1 }],
];
for (const [name, changed] of extremes) {
  const watching = { ...LONE, ...changed };
  console.log(
    `  ${name}: ${dollars(deliveryUsd(watching))}, with views ${dollars(deliveryUsd(watching) + viewsUsd(watching))}`,
  );
}

console.log('\n| for the same | list price | source |\n|---|---|---|');
const gb = gigabytes(SHARED);
for (const { name, minutes: perMinutes, gb: perGb, usd, source, read } of HOSTED) {
  const price = perMinutes === undefined ? (gb / (perGb ?? 1)) * usd : (minutes / perMinutes) * usd;
  row([name, dollars(price), `${source}, as of ${read}`]);
}

const usdMax = USD_MAX * (minutes / 1000);
for (const { name, watching } of COLUMNS) {
  const [usd, withViews] = [deliveryUsd(watching), deliveryUsd(watching) + viewsUsd(watching)];
  const isDeployed = watching.edgeCache === 'both';
  if (usd > usdMax) {
    console.log(
      `\n${isDeployed ? 'FAILED' : 'note'}: delivery, ${name}, is ${dollars(usd)}; the bound is ${dollars(usdMax)}`,
    );
    process.exitCode = isDeployed ? 1 : process.exitCode;
  } else if (withViews > usdMax) {
    console.log(`\nnote: with views, ${name}, it is ${dollars(withViews)}, above ${dollars(usdMax)}`);
  }
}
