/**
 * `npm run bench -- cost`: what it costs at list prices to deliver 1,000 minutes at 4 Mb/s and to count them as views,
 * beside the prices of hosted services. docs/operations/costs.md shows the same tables. Fails if delivery with the
 * default configuration (EDGE_CACHE=both) costs more than 2 cents. Each variable replaces a figure: MINUTES, MBPS,
 * MINUTES_PER_SESSION, MEMORY_SHARE, HIT_RATIO, CPU_MS, LOG_LINES, VIEWERS_PER_ISOLATE, ISOLATES_PER_ASSET, ISOLATES,
 * STATE_READS.
 */
import { costTable, deliveryUsd, dollars, extremesTable, hostedTable, usdWithViews, watchings } from './cost-tables.ts';
import { numberOf } from './numbers.ts';
import type { Table } from './record.ts';
import { printTable } from './table.ts';

const USD_MAX = 0.02;

const print = ({ head, rows }: Table): void => {
  printTable(head, rows);
  console.log();
};

const { minutes, bitsPerSecond, hitRatio, isolates, isolatesPerAsset, memoryShare, requestCpuMs, viewersPerIsolate } =
  watchings(numberOf).shared;
console.log(
  `${minutes.toLocaleString('en')} minutes at ${bitsPerSecond / 1e6} Mb/s; ${(hitRatio * 100).toFixed(1)} % not from R2, ${memoryShare * 100} % from memory; ${requestCpuMs} ms of CPU per request; ${viewersPerIsolate} viewers of an asset in each of its ${isolatesPerAsset} isolates, or one viewer alone; ${isolates} active isolates\n`,
);
const costs = costTable(numberOf);
print(costs);
print(extremesTable(numberOf));
print(hostedTable(numberOf));

const usdMax = USD_MAX * (minutes / 1000);
for (const { name, watching } of costs.columns) {
  const [usd, withViews] = [deliveryUsd(watching), usdWithViews(watching)];
  const isDeployed = watching.edgeCache === 'both';
  if (usd > usdMax) {
    console.log(
      `${isDeployed ? 'FAILED' : 'note'}: delivery with ${name} costs ${dollars(usd)}; the bound is ${dollars(usdMax)}`,
    );
    process.exitCode = isDeployed ? 1 : process.exitCode;
  } else if (withViews > usdMax) {
    console.log(`note: delivery and views with ${name} cost ${dollars(withViews)}, more than ${dollars(usdMax)}`);
  }
}
