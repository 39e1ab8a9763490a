/**
 * `npm run bench -- delivery`: compares signed segments from our Worker with a Worker that only calls
 * `caches.default.match` for an equal object, and with one that answers from a variable, which is the least a Worker
 * can do. Then it measures the CPU time of manifests and tokens inside workerd. ROUNDS and SECONDS set the duration.
 * Fails if a bound is broken.
 */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { holdBound } from './bounds.ts';
import { runLoad } from './load.ts';
import { median, numberOf } from './numbers.ts';
import { treeCpuSeconds } from './process-cpu.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { putSyntheticAsset, startSession, syntheticPresentation } from './synthetic-asset.ts';
import { printTable } from './table.ts';

const rounds = numberOf('ROUNDS', 5);
const seconds = numberOf('SECONDS', 3);
const CONNECTIONS = 16;
const SIZES = [2_000_000, 200_000, 2_000] as const;

/** Bounds of the ratios to `caches.default.match`. */
const RATE_MIN = 0.9;
const CPU_MAX = 1.15;
/** Signature checks that parsing and rendering may take, for two hours and ten renditions: 3 ms where a check takes 90 µs. */
const MANIFEST_RATIO_MAX = 33;
const TOKEN_RATIO_MIN = 10;

const HEADERS = `{ 'content-type': 'video/iso.segment', 'cache-control': 'public, max-age=31536000, immutable', etag: '"0"' }`;
/** PUT stores the object, GET returns it. */
const MATCH = `export default { async fetch(request) {
  if (request.method === 'PUT') {
    const body = await request.arrayBuffer();
    const headers = { ...${HEADERS}, 'content-length': String(body.byteLength) };
    await caches.default.put('https://bench.invalid/object', new Response(body, { headers }));
    return new Response(null, { status: 204 });
  }
  return (await caches.default.match('https://bench.invalid/object')) ?? new Response(null, { status: 404 });
} };`;
const VARIABLE = `let body; export default { async fetch(request) {
  if (request.method === 'PUT') {
    body = await request.arrayBuffer();
    return new Response(null, { status: 204 });
  }
  return new Response(body, { headers: ${HEADERS} });
} };`;

type Sample = { requestsPerSecond: number; bytesPerSecond: number; cpuMs: number };

async function sample(runtime: Runtime, url: URL): Promise<Sample> {
  const cpuBefore = treeCpuSeconds(runtime.pid);
  const loaded = await runLoad({ url: url.origin, nextPath: () => url.pathname, connections: CONNECTIONS, seconds });
  const cpuSeconds = treeCpuSeconds(runtime.pid) - cpuBefore;
  return {
    requestsPerSecond: loaded.requests / loaded.seconds,
    bytesPerSecond: loaded.bodyBytes / loaded.seconds,
    cpuMs: (cpuSeconds * 1000) / loaded.requests,
  };
}

/**
 * Measures in turns, so that other load on the machine affects all alike. The first round warms up and is not counted.
 */
async function measureSegments(runtime: Runtime, bytes: number): Promise<string[][]> {
  const assetId = `bytes-${bytes}`;
  const asset = await putSyntheticAsset(runtime.putObject, { assetId, segments: 1, segmentBytes: bytes });
  const session = await startSession(runtime.urlOf('sluice'), assetId);
  const urls = {
    match: new URL(runtime.urlOf('match')),
    variable: new URL(runtime.urlOf('variable')),
    sluice: new URL(asset.segmentPath(1), session),
  };
  for (const url of [urls.match, urls.variable]) {
    await fetch(url, { method: 'PUT', body: randomBytes(bytes) });
  }
  const samples = { match: [] as Sample[], variable: [] as Sample[], sluice: [] as Sample[] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of ['match', 'variable', 'sluice'] as const) {
      const taken = await sample(runtime, urls[name]);
      if (round > 0) {
        samples[name].push(taken);
      }
    }
  }
  const ratio = (of: keyof Sample, base: 'match' | 'variable') =>
    median(samples.sluice.map((ours, round) => ours[of] / (samples[base][round]?.[of] ?? Number.NaN)));
  const [rate, volume, cpu] = [
    ratio('requestsPerSecond', 'match'),
    ratio('bytesPerSecond', 'match'),
    ratio('cpuMs', 'match'),
  ];
  holdBound(rate >= RATE_MIN && volume >= RATE_MIN && cpu <= CPU_MAX);
  const middle = (name: keyof typeof samples, of: keyof Sample) => median(samples[name].map((taken) => taken[of]));
  return [
    [
      `${bytes} bytes`,
      ...(['match', 'variable', 'sluice'] as const).map((name) => middle(name, 'requestsPerSecond').toFixed(0)),
      rate.toFixed(2),
      volume.toFixed(2),
      ...(['match', 'variable', 'sluice'] as const).map((name) => middle(name, 'cpuMs').toFixed(3)),
      cpu.toFixed(2),
      ratio('requestsPerSecond', 'variable').toFixed(2),
    ],
  ];
}

/** The CPU milliseconds of one run of some work inside a Worker, without the overhead of an empty run. */
async function cpuInside(runtime: Runtime, work: string, times: number, body = ''): Promise<number> {
  const run = async (name: string): Promise<number> => {
    const url = new URL(`/?${new URLSearchParams({ work: name, times: String(times) })}`, runtime.urlOf('inside'));
    const before = treeCpuSeconds(runtime.pid);
    const response = await fetch(url, { method: 'POST', body });
    if (!response.ok) {
      throw new Error(`${name}: ${response.status}`);
    }
    await response.body?.cancel();
    return treeCpuSeconds(runtime.pid) - before;
  };
  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const nothing = await run('nothing');
    samples.push((((await run(work)) - nothing) * 1000) / times);
  }
  return median(samples);
}

const HEIGHTS = [144, 240, 360, 480, 540, 720, 1080, 1440, 1800, 2160];
const TWO_HOURS_SEGMENTS = 1800;

/** Segments of different sizes, like encoded ones. */
function twoHours(): string {
  const tracks = HEIGHTS.map((height) => ({
    id: `v${height}`,
    height,
    segmentBytes: Array.from({ length: TWO_HOURS_SEGMENTS }, (_, index) => height * 500 + ((index * 7919) % 90_000)),
  }));
  return JSON.stringify(syntheticPresentation('two-hours', tracks, randomBytes(800)));
}

async function measureManifests(runtime: Runtime, es256: number): Promise<string[][]> {
  const presentation = twoHours();
  const parse = await cpuInside(runtime, 'parse', 200, presentation);
  const rows = [['parse the presentation', parse.toFixed(2), '', '']];
  for (const [work, title] of [
    ['multivariant', 'multivariant playlist'],
    ['mpd', 'MPD'],
    ['playlist', 'media playlist'],
  ] as const) {
    const render = await cpuInside(runtime, work, 200, presentation);
    const both = parse + render;
    rows.push([title, render.toFixed(2), both.toFixed(2), (both / es256).toFixed(0)]);
    holdBound(both / es256 <= MANIFEST_RATIO_MAX, `${title}: at most ${MANIFEST_RATIO_MAX} × ES256`);
  }
  return rows;
}

async function measureTokens(runtime: Runtime, es256: number): Promise<string[][]> {
  const known = await cpuInside(runtime, 'known session', 1_000_000);
  const fresh = await cpuInside(runtime, 'new session', 10_000);
  const forged = await cpuInside(runtime, 'forged session', 10_000);
  const unknown = await cpuInside(runtime, 'unknown kid', 10_000);
  holdBound(es256 / known >= TOKEN_RATIO_MIN);
  return [
    ['ES256 link (never cached)', (es256 * 1000).toFixed(1), '1'],
    ['link with an unknown kid, 200 keys', (unknown * 1000).toFixed(1), (es256 / unknown).toFixed(1)],
    ['session, first time (AES-GCM)', (fresh * 1000).toFixed(1), (es256 / fresh).toFixed(1)],
    ['session, forged', (forged * 1000).toFixed(1), (es256 / forged).toFixed(1)],
    ['session, known', (known * 1000).toFixed(2), (es256 / known).toFixed(0)],
  ];
}

const runtime = await startRuntime([
  { name: 'sluice' },
  { name: 'match', script: MATCH },
  { name: 'variable', script: VARIABLE },
  { name: 'inside', file: fileURLToPath(new URL('inside.ts', import.meta.url)) },
]);
try {
  const segments: string[][] = [];
  for (const bytes of SIZES) {
    segments.push(...(await measureSegments(runtime, bytes)));
  }
  console.log(
    `hot segments, ${CONNECTIONS} connections, median of ${rounds} rounds of ${seconds} s; CPU: ms of workerd per request`,
  );
  console.log(
    'match: a Worker that calls caches.default.match; variable: one that answers from a variable; ×: ours divided by match\n',
  );
  printTable(
    [
      '',
      'match/s',
      'variable/s',
      'ours/s',
      '× requests',
      '× bytes',
      'match CPU',
      'variable CPU',
      'our CPU',
      '× CPU',
      '× variable/s',
    ],
    segments,
  );
  const es256 = await cpuInside(runtime, 'ES256', 5_000);
  console.log('\nmanifests of 2 hours with 10 renditions: CPU ms inside workerd\n');
  printTable(['', 'ms', 'with parsing', '× ES256'], await measureManifests(runtime, es256));
  console.log('\ntokens: CPU µs inside workerd\n');
  printTable(['', 'µs', '× ES256'], await measureTokens(runtime, es256));
} finally {
  await runtime.close();
}
