/**
 * `npm run bench -- cost`: what 1,000 minutes watched at 4 Mb/s cost to deliver at list prices, and to count as views,
 * beside what hosted services ask for the same; docs/operations/costs.md shows the same tables. Fails where the delivery of
 * what is deployed by default (EDGE_CACHE=both) costs more than 2 cents. Each variable replaces a figure: MINUTES, MBPS,
 * MINUTES_PER_SESSION, MEMORY_SHARE, HIT_RATIO, CPU_MS, LOG_LINES, VIEWERS_PER_ISOLATE, ISOLATES_PER_ASSET, ISOLATES,
 * STATE_READS, FLUSH_SECONDS.
 */
import {
  costTable,
  deliveryUsd,
  dollars,
  extremesTable,
  type Given,
  hostedTable,
  usdWithViews,
  watchings,
} from './cost-tables.ts';
import type { Table } from './record.ts';
import { printTable } from './table.ts';

const USD_MAX = 0.02;

const given: Given = (name, otherwise) => Number(process.env[name] ?? otherwise);

const print = ({ head, rows }: Table): void => {
  printTable(head, rows);
  console.log();
};

const { minutes, bitsPerSecond, hitRatio, isolates, isolatesPerAsset, memoryShare, requestCpuMs, viewersPerIsolate } =
  watchings(given).shared;
console.log(
  `${minutes.toLocaleString('en')} minutes at ${bitsPerSecond / 1e6} Mb/s; ${(hitRatio * 100).toFixed(1)} % not from R2, ${memoryShare * 100} % from memory; ${requestCpuMs} ms of CPU a request; ${viewersPerIsolate} viewers of an asset in each of its ${isolatesPerAsset} isolates, or one; ${isolates} isolates awake\n`,
);
const costs = costTable(given);
print(costs);
print(extremesTable(given));
print(hostedTable(given));

const usdMax = USD_MAX * (minutes / 1000);
for (const { name, watching } of costs.columns) {
  const [usd, withViews] = [deliveryUsd(watching), usdWithViews(watching)];
  const isDeployed = watching.edgeCache === 'both';
  if (usd > usdMax) {
    console.log(
      `${isDeployed ? 'FAILED' : 'note'}: delivery, ${name}, is ${dollars(usd)}; the bound is ${dollars(usdMax)}`,
    );
    process.exitCode = isDeployed ? 1 : process.exitCode;
  } else if (withViews > usdMax) {
    console.log(`note: with views, ${name}, it is ${dollars(withViews)}, above ${dollars(usdMax)}`);
  }
}
