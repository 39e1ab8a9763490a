/**
 * `npm run bench -- memory`: 10,000 different segments through one isolate, while slow clients hold on to large ones.
 * What V8 holds of this isolate (heap and array buffers), as it stands and after a collection: the platform ends an
 * isolate at 128 MB, and counts garbage. The two are taken in turns, a batch of segments each: while the one is, nothing
 * but V8 itself collects. Beside it the process, which is also the local R2, the local cache and their disks: no isolate of
 * the platform has those. SEGMENTS changes how many. Fails where either passes 100 MB.
 */
import { readFileSync, statfsSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { segmentKey } from '../src/media/keys.ts';
import { holdBound } from './bounds.ts';
import { type HeapUsage, inspect } from './inspector.ts';
import { batches, deleteObjects, forEach, PUTTER, putObjects, type SizedObject } from './many-objects.ts';
import { treeCpuSeconds } from './process-cpu.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { publishSynthetic, startSession, syntheticPresentation } from './synthetic-asset.ts';
import { printTable } from './table.ts';

const segments = Number(process.env['SEGMENTS'] ?? 10_000);
/** Of either line. */
const BYTES_MAX = 100e6;

/** Every fifth is 4 s at 4 Mb/s, the others are sound and small pictures: 5.6 GB, and as much again in the local cache. */
const bytesOf = (number: number): number => (number % 5 === 0 ? 2_000_000 : 200_000);
const BATCH = 500;
const CONNECTIONS = 16;
/** Every so many a client goes away after its first bytes, as a player does that seeks: large ones, so it is in the middle. */
const LEAVE_EVERY = 25;
/** Those that slow clients read: the largest that memory takes. Of a 2-MB answer the kernel would buffer the whole. */
const SLOW_SEGMENTS = 64;
const SLOW_BYTES = 8_000_000;
const SLOW_CLIENTS = 24;
/** 5 Mb/s: slower than the rest by far, and over before a segment that streams holds up the local bucket for long. */
const SLOW_READ_BYTES = 256 * 1024;
const SLOW_READ_MS = 400;
const SAMPLE_MS = 250;
/** Fewer are no measurement. */
const SAMPLES_MIN = 4;
const INSTANCE = 'sluice';

const mib = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Bytes, of proc(5)'s status. */
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

/** Reads a little, rests, reads on. Resolves when the answer has come; rejects where it is not one. */
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

async function leave({ body }: Response): Promise<void> {
  const reader = body?.getReader();
  await reader?.read();
  await reader?.cancel();
}

async function stream(runtime: Runtime, film: Film, peaks: Peaks): Promise<void> {
  const numbers = Array.from({ length: segments }, (_, index) => index + 1);
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
 * Begins one slow client after another, so that none finds the budget of loads used up by the rest; each asks again for
 * another segment when it has one. `ended` resolves when all have been told to end.
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
const bytes = numbers.reduce((sum, number) => sum + bytesOf(number), 0);
const { bavail, bsize } = statfsSync(tmpdir());
if (bavail * bsize < 2 * bytes) {
  throw new Error(`needs ${mib(2 * bytes)} MB in ${tmpdir()}`);
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
    `${segments} different segments, ${mib(bytes)} MB, ${CONNECTIONS} connections, of which every ${LEAVE_EVERY}th answer is left, ${SLOW_CLIENTS} slow clients of 8-MB segments; ${seconds.toFixed(0)} s, ${cpuSeconds.toFixed(0)} s of CPU in workerd, ${samples.raw} and ${samples.live} samples`,
  );
  printTable(
    ['MB of the isolate, at most', 'heap', 'buffers', 'both'],
    [row('as it stands, garbage included', most.raw), row('after a collection', most.live)],
  );
  console.log(
    `workerd with the local R2 and cache: ${mib(startBytes)} MB in the beginning, ${mib(processBytes(runtime.pid, 'VmHWM'))} MB at most, ${mib(processBytes(runtime.pid, 'VmRSS'))} MB in the end`,
  );
  const isBroken =
    Math.min(samples.raw, samples.live) < SAMPLES_MIN || Math.max(totalOf(most.raw), totalOf(most.live)) > BYTES_MAX;
  holdBound(!isBroken);
  console.log(`${isBroken ? 'FAILED' : 'held'}: the bound is ${mib(BYTES_MAX)} MB, for both`);
} finally {
  await runtime.close();
}
