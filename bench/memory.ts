/**
 * `npm run bench -- memory`: streams 10,000 different segments through one isolate while slow clients hold on to large
 * ones. Measures the isolate's memory in V8 (heap and array buffers), with garbage and after a garbage collection.
 * Cloudflare ends an isolate at 128 MB, garbage included. The two are measured in turns, for a batch of segments each,
 * because forced collections would change the first. It also prints the memory of the process, which includes the local
 * R2 and cache and which no isolate on Cloudflare has. SEGMENTS changes the number of segments. Fails if either figure
 * exceeds 100 MB.
 */
import { readFileSync, statfsSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { segmentKey } from '../src/media/keys.ts';
import { holdBound } from './bounds.ts';
import { type HeapUsage, inspect } from './inspector.ts';
import { batches, deleteObjects, forEach, PUTTER, putObjects, type SizedObject } from './many-objects.ts';
import { numberOf, sum } from './numbers.ts';
import { treeCpuSeconds } from './process-cpu.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { publishSynthetic, startSession, syntheticPresentation } from './synthetic-asset.ts';
import { printTable } from './table.ts';

const segments = numberOf('SEGMENTS', 10_000);
/** The bound of both figures. */
const BYTES_MAX = 100e6;

/**
 * Every fifth segment is 4 s at 4 Mb/s, the others are sound and small video: 5.6 GB, and as much in the local cache.
 */
const bytesOf = (number: number): number => (number % 5 === 0 ? 2_000_000 : 200_000);
const BATCH = 500;
const CONNECTIONS = 16;
/** Every 25th segment, which is large, is aborted after its first bytes, as by a player that seeks. */
const LEAVE_EVERY = 25;
/** The largest segments that the memory tier takes. The kernel would buffer all of a 2-MB answer. */
const SLOW_SEGMENTS = 64;
const SLOW_BYTES = 8_000_000;
const SLOW_CLIENTS = 24;
/** 5 Mb/s: much slower than the other clients, but fast enough not to block the local bucket for long. */
const SLOW_READ_BYTES = 256 * 1024;
const SLOW_READ_MS = 400;
const SAMPLE_MS = 250;
/** With fewer samples the benchmark fails. */
const SAMPLES_MIN = 4;
const INSTANCE = 'sluice';

const mib = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Bytes, from the status file of proc(5). */
function processBytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
}

const totalOf = ({ usedBytes, backingBytes }: HeapUsage): number => usedBytes + backingBytes;
const larger = (a: HeapUsage, b: HeapUsage): HeapUsage => (totalOf(a) >= totalOf(b) ? a : b);
const NOTHING: HeapUsage = { usedBytes: 0, backingBytes: 0 };

type Film = { object: (number: number) => SizedObject; path: (number: number) => string };

async function publish(
  runtime: Runtime,
  assetId: string,
  count: number,
  size: (number: number) => number,
): Promise<Film> {
  const track = 'v720';
  const sizes = Array.from({ length: count }, (_, index) => size(index + 1));
  const presentation = syntheticPresentation(
    assetId,
    [{ id: track, height: 720, segmentBytes: sizes }],
    Buffer.alloc(800),
  );
  await publishSynthetic(runtime.putObject, presentation);
  const session = new URL(await startSession(runtime.urlOf(INSTANCE), assetId)).pathname;
  return {
    object: (number) => ({ key: segmentKey(presentation, track, '1', number), bytes: size(number) }),
    path: (number) => `${session}${track}/1/${number}.m4s`,
  };
}

type SlowRead = { origin: string; path: string; bytes: number; signal: AbortSignal; begun: () => void };

/** Reads a little at a time, with pauses. Resolves when the answer is complete; rejects if it is an error. */
function readSlowly({ origin, path, bytes, signal, begun }: SlowRead): Promise<void> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let received = 0;
    let allowed = SLOW_READ_BYTES;
    const timer = setInterval(() => {
      allowed += SLOW_READ_BYTES;
      socket.resume();
    }, SLOW_READ_MS);
    const end = (error?: Error) => {
      clearInterval(timer);
      socket.destroy();
      signal.removeEventListener('abort', aborted);
      error === undefined ? resolve() : reject(error);
    };
    const aborted = () => end();
    signal.addEventListener('abort', aborted);
    socket.on('data', (chunk: Buffer) => {
      if (received === 0 && !chunk.toString('latin1', 0, 15).startsWith('HTTP/1.1 200')) {
        end(new Error(`slow client: ${chunk.toString('latin1', 0, 40)}`));
      }
      begun();
      received += chunk.byteLength;
      if (received >= bytes) {
        end();
      } else if (received >= allowed) {
        socket.pause();
      }
    });
    socket.once('error', end);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: bench.test\r\nConnection: close\r\n\r\n`);
  });
}

/** Disconnects after the first bytes. */
async function leave({ body }: Response): Promise<void> {
  const reader = body?.getReader();
  await reader?.read();
  await reader?.cancel();
}

async function stream(runtime: Runtime, film: Film, peaks: Peaks): Promise<void> {
  for (const batch of batches(numbers, BATCH)) {
    const objects = batch.map(film.object);
    await putObjects(runtime, objects);
    await forEach(
      batch,
      async (number) => {
        const response = await fetch(runtime.urlOf(INSTANCE) + film.path(number));
        if (number % LEAVE_EVERY === 0) {
          return leave(response);
        }
        const { byteLength } = await response.arrayBuffer();
        if (response.status !== 200 || byteLength !== bytesOf(number)) {
          throw new Error(`segment ${number}: ${response.status}, ${byteLength} bytes`);
        }
      },
      CONNECTIONS,
    );
    await deleteObjects(runtime, objects);
    peaks.taking = peaks.taking === 'raw' ? 'live' : 'raw';
  }
}

/**
 * Starts the slow clients one after another, so that none of them exhausts the budget of loads for the next. Each
 * requests one segment after another. `ended` resolves when all have stopped.
 */
async function beginSlowClients(
  runtime: Runtime,
  film: Film,
  signal: AbortSignal,
): Promise<{ ended: Promise<unknown> }> {
  const origin = runtime.urlOf(INSTANCE);
  let next = 0;
  const client = async (begun: () => void) => {
    while (!signal.aborted) {
      next += 1;
      await readSlowly({ origin, path: film.path((next % SLOW_SEGMENTS) + 1), bytes: SLOW_BYTES, signal, begun });
    }
  };
  const clients: Promise<void>[] = [];
  for (let begun = 0; begun < SLOW_CLIENTS; begun += 1) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const ended = client(resolve);
    clients.push(ended);
    await Promise.race([promise, ended]);
  }
  return { ended: Promise.all(clients) };
}

type Line = 'raw' | 'live';
type Peaks = { taking: Line; most: Record<Line, HeapUsage>; samples: Record<Line, number> };

async function sample(runtime: Runtime, peaks: Peaks, signal: AbortSignal): Promise<void> {
  const inspector = await inspect(new URL(runtime.inspectorUrl ?? ''), INSTANCE);
  try {
    while (!signal.aborted) {
      const { taking } = peaks;
      if (taking === 'live') {
        await inspector.collectGarbage();
      }
      peaks.most[taking] = larger(peaks.most[taking], await inspector.heapUsage());
      peaks.samples[taking] += 1;
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    }
  } finally {
    inspector.close();
  }
}

const row = (name: string, usage: HeapUsage): string[] => [
  name,
  mib(usage.usedBytes),
  mib(usage.backingBytes),
  mib(totalOf(usage)),
];

const numbers = Array.from({ length: segments }, (_, index) => index + 1);
const bytes = sum(numbers.map(bytesOf));
const { bavail, bsize } = statfsSync(tmpdir());
if (bavail * bsize < 2 * bytes) {
  throw new Error(`not enough disk space: ${mib(2 * bytes)} MB are needed in ${tmpdir()}`);
}
const runtime = await startRuntime([{ name: INSTANCE, vars: { SHIELD: 'off' } }, PUTTER], { inspected: true });
try {
  const film = await publish(runtime, 'film', segments, bytesOf);
  const slowFilm = await publish(runtime, 'slow', SLOW_SEGMENTS, () => SLOW_BYTES);
  await putObjects(
    runtime,
    Array.from({ length: SLOW_SEGMENTS }, (_, index) => slowFilm.object(index + 1)),
  );
  const startBytes = processBytes(runtime.pid, 'VmRSS');
  const over = new AbortController();
  const peaks: Peaks = { taking: 'raw', most: { raw: NOTHING, live: NOTHING }, samples: { raw: 0, live: 0 } };
  const started = performance.now();
  const startedCpu = treeCpuSeconds(runtime.pid);
  const slow = await beginSlowClients(runtime, slowFilm, over.signal);
  const beside = Promise.all([sample(runtime, peaks, over.signal), slow.ended]);
  await Promise.race([stream(runtime, film, peaks), beside]);
  over.abort();
  await beside;
  const { most, samples } = peaks;
  const seconds = (performance.now() - started) / 1000;
  const cpuSeconds = treeCpuSeconds(runtime.pid) - startedCpu;
  console.log(
    `${segments} different segments, ${mib(bytes)} MB, ${CONNECTIONS} connections, every ${LEAVE_EVERY}th answer aborted, ${SLOW_CLIENTS} slow clients of 8-MB segments; ${seconds.toFixed(0)} s, ${cpuSeconds.toFixed(0)} s of CPU in workerd, ${samples.raw} and ${samples.live} samples`,
  );
  printTable(
    ['peak MB of the isolate', 'heap', 'buffers', 'both'],
    [row('with garbage', most.raw), row('after a collection', most.live)],
  );
  console.log(
    `workerd with the local R2 and cache: ${mib(startBytes)} MB at the start, ${mib(processBytes(runtime.pid, 'VmHWM'))} MB at most, ${mib(processBytes(runtime.pid, 'VmRSS'))} MB at the end`,
  );
  const isBroken =
    Math.min(samples.raw, samples.live) < SAMPLES_MIN || Math.max(totalOf(most.raw), totalOf(most.live)) > BYTES_MAX;
  holdBound(!isBroken);
  console.log(`${isBroken ? 'FAILED' : 'passed'}: the bound for both is ${mib(BYTES_MAX)} MB`);
} finally {
  await runtime.close();
}
