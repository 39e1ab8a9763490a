/** The machine we run on, as Linux tells it (proc(5), cgroups(7)); elsewhere as far as Node does. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os';
import type { Readings } from './capacity.ts';
import { type ReadText, readCgroupLimits } from './cgroup.ts';
import { type CpuCounters, LoadMeter } from './load-meter.ts';

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** First line of /proc/stat: user nice system idle iowait irq softirq steal; what waits is not busy. */
export function busySecondsOf(text: string): number | null {
  const fields = /^cpu\s+([\d ]+)$/m.exec(text)?.[1]?.split(' ').map(Number);
  if (fields === undefined || fields.length < 4) {
    return null;
  }
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return sum([user, nice, system, irq, softirq, steal]) / TICKS_PER_SECOND;
}

/** /proc/{pid}/stat: the process's own time, with `children` that of its ended and waited-for children. */
export function processSecondsOf(text: string, children: boolean): number {
  // The name in parentheses may hold spaces; utime, stime, cutime and cstime are fields 14 to 17.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return sum(fields.slice(11, children ? 15 : 13).map(Number)) / TICKS_PER_SECOND;
}

function readCounters(read: ReadText, pids: ReadonlySet<number>): CpuCounters | null {
  const busySeconds = busySecondsOf(read('/proc/stat') ?? '');
  const own = read('/proc/self/stat');
  if (busySeconds === null || own === null) {
    return null;
  }
  const programs = [...pids].map((pid) => read(`/proc/${pid}/stat`)).filter((text) => text !== null);
  return {
    atSeconds: performance.now() / 1000,
    busySeconds,
    ownSeconds: processSecondsOf(own, true) + sum(programs.map((text) => processSecondsOf(text, false))),
  };
}

function availableMemory(read: ReadText): number {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1];
  return kibibytes === undefined ? freemem() : Number(kibibytes) * 1024;
}

/** Without /proc: the last minute's run queue, of which our own programs are a part. */
function loadFromAverage(hostCores: number, ownPrograms: number): number {
  const [minute = 0] = loadavg();
  return Math.min(1, Math.max(0, (minute - ownPrograms) / hostCores));
}

/** A function that reads the machine now. `pids` are the programs that we run. */
export function createMachine(pids: () => ReadonlySet<number>, read: ReadText = readText): () => Readings {
  const hostCores = Math.max(1, cpus().length);
  const meter = new LoadMeter(hostCores, () => readCounters(read, pids()));
  const hasCounters = read('/proc/stat') !== null;
  return () => {
    const { cpuCores, memoryBytes: limit, memoryUsedBytes } = readCgroupLimits(read);
    const memoryBytes = Math.min(totalmem(), limit ?? Number.POSITIVE_INFINITY);
    const freeInGroup = limit === null || memoryUsedBytes === null ? Number.POSITIVE_INFINITY : limit - memoryUsedBytes;
    return {
      cores: Math.min(availableParallelism(), cpuCores ?? Number.POSITIVE_INFINITY),
      memoryBytes,
      freeMemoryBytes: Math.max(0, Math.floor(Math.min(availableMemory(read), freeInGroup))),
      load: hasCounters ? meter.load() : loadFromAverage(hostCores, pids().size),
    };
  };
}
