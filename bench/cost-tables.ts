/**
 * Tables of what it costs at list prices to deliver 1,000 minutes, and to count them as views: for `npm run bench --
 * cost` and docs/operations/costs.md. `given` may replace each figure.
 */
import { type CostLine, costLines, gigabytes, totalUsd, viewLines, type Watching } from './cost-model.ts';
import { HOSTED } from './prices.ts';
import type { Table } from './record.ts';
import { COLLECTOR_MICROSECONDS } from './views/bill.ts';
import { recordedRungs } from './views/recorded-ladders.ts';

/** `npm run bench -- views bill` has measured views with as many isolates. */
const LADDER_ISOLATES = 20;

export type Given = (name: string, otherwise: number) => number;

/** `shared`: ten viewers of an asset in each of its isolates. `lone`: a viewer alone in an isolate, and on an asset. */
export function watchings(given: Given): { shared: Watching; lone: Watching } {
  const shared: Watching = {
    minutes: given('MINUTES', 1000),
    bitsPerSecond: given('MBPS', 4) * 1e6,
    segmentSeconds: 4,
    audioTracks: 1,
    // A fifth of a film of 100 minutes (bench/replay.ts).
    minutesPerSession: given('MINUTES_PER_SESSION', 20),
    renditionsPerSession: 2,
    // 32 MiB of memory hold next to nothing of a catalogue of films (`npm run bench -- hitratio` at real sizes).
    memoryShare: given('MEMORY_SHARE', 0),
    // `npm run bench -- hitratio`, warm: one data centre whose cache evicts nothing.
    hitRatio: given('HIT_RATIO', 0.979),
    // "Our CPU" of `npm run bench -- delivery`: the mean of 1.6 ms for 2 MB (four seconds of video) and 0.2 ms for
    // sound. It is the CPU of the whole workerd process, sockets included, for objects in memory. From the local Cache
    // API, whose work is in the same process, 1 MB takes 3.5 ms. Cloudflare bills only the CPU of the Worker's code,
    // which has not been measured. Each further millisecond adds $0.0006.
    requestCpuMs: given('CPU_MS', 1),
    // wrangler.toml turns off a line per invocation, and a successful request logs nothing.
    logLines: given('LOG_LINES', 0),
    edgeCache: 'both',
    viewersPerIsolate: given('VIEWERS_PER_ISOLATE', 10),
    isolatesPerAsset: given('ISOLATES_PER_ASSET', LADDER_ISOLATES),
    // Some are active however few people watch. `npm run bench -- views` uses the same number for its bill.
    isolates: given('ISOLATES', 20),
    // current.json of one asset and the head of the revocation list, each every 5 s, half of EDGE_STATE_SECONDS.
    stateReadsPerMinute: given('STATE_READS', (2 * 60) / 5),
    viewRungs: recordedRungs(LADDER_ISOLATES),
    collectorMicroseconds: COLLECTOR_MICROSECONDS,
  };
  /** The data centre may have the film. With a request every 4 s, mutable state is read only every 8 s. */
  const lone: Watching = {
    ...{ ...shared, viewersPerIsolate: 1, isolatesPerAsset: 1 },
    stateReadsPerMinute: given('STATE_READS', (2 * 60) / 8),
  };
  return { shared, lone };
}

const columnsOf = ({ shared, lone }: ReturnType<typeof watchings>): readonly { name: string; watching: Watching }[] => [
  { name: '`workers`', watching: { ...shared, edgeCache: 'workers' } },
  { name: '`on`', watching: { ...shared, edgeCache: 'on' } },
  { name: '`both`', watching: shared },
  { name: '`both`, each viewer alone', watching: lone },
];

export const dollars = (usd: number): string => `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`;
const whole = (count: number): string => Math.round(count).toLocaleString('en');

export const deliveryUsd = (watching: Watching): number => totalUsd(costLines(watching));
const viewsUsd = (watching: Watching): number => totalUsd(viewLines(watching));
export const usdWithViews = (watching: Watching): number => deliveryUsd(watching) + viewsUsd(watching);

/** The amount and the cost of each item, with a column for each EDGE_CACHE. */
export function costTable(given: Given): Table & { columns: readonly { name: string; watching: Watching }[] } {
  const columns = columnsOf(watchings(given));
  const lineRows = (linesOf: (watching: Watching) => CostLine[]): string[][] => {
    const lines = columns.map(({ watching }) => linesOf(watching));
    return (lines[0] ?? []).map(({ name }, index) => [
      name,
      ...lines.map((column) => {
        const line = column[index];
        return line?.count ? `${whole(line.count)}: ${dollars(line.usd)}` : '–';
      }),
    ]);
  };
  const total = (name: string, usdOf: (watching: Watching) => number): string[] => [
    `**${name}**`,
    ...columns.map(({ watching }) => `**${dollars(usdOf(watching))}**`),
  ];
  return {
    columns,
    head: ['EDGE_CACHE', ...columns.map(({ name }) => name)],
    rows: [
      ...lineRows(costLines),
      total('delivery', deliveryUsd),
      ...lineRows(viewLines),
      total('delivery and views', usdWithViews),
    ],
  };
}

/** What a lone viewer costs when the assumptions of the cost table do not hold. */
export function extremesTable(given: Given): Table {
  const { lone } = watchings(given);
  const extremes: [string, Partial<Watching>][] = [
    ['nothing of the film is in the cache of the data centre', { hitRatio: 0 }],
    ['no other asset is watched, so one isolate is active', { isolates: 1 }],
    ['both of these', { hitRatio: 0, isolates: 1 }],
    ['Workers Logs stores a line for each invocation', { logLines: 1 }],
  ];
  return {
    head: ['a viewer alone, `both`', 'delivery', 'with views'],
    rows: extremes.map(([name, changed]) => {
      const watching = { ...lone, ...changed };
      return [name, dollars(deliveryUsd(watching)), dollars(usdWithViews(watching))];
    }),
  };
}

/** List prices of hosted services for the same minutes. */
export function hostedTable(given: Given): Table {
  const { shared } = watchings(given);
  return {
    head: ['hosted service', 'list price', 'source'],
    rows: HOSTED.map(({ name, minutes, gb, usd, source, read }) => [
      name,
      dollars(minutes === undefined ? (gigabytes(shared) / (gb ?? 1)) * usd : (shared.minutes / minutes) * usd),
      `${source}, as of ${read}`,
    ]),
  };
}
