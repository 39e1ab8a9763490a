/** The machine's cores, memory and load, from Linux's proc(5) and cgroups(7). On other systems, what Node can tell. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Readings } from './capacity.ts';

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Half of the load comes from the last ten seconds: a compiler run counts, a page load does not. */
const HALF_LIFE_SECONDS = 10;
/** Counters tick in hundredths of a second, so shorter spans are noise. */
const MIN_SPAN_SECONDS = 0.5;

/** CPU seconds since some moment in the past. */
export type CpuCounters = {
  atSeconds: number;
  /** Of the whole machine. */
  busySeconds: number;
  /** Of this process and all programs that it started. */
  ownSeconds: number;
};

const toShare = (value: number): number => Math.min(1, Math.max(0, value));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** How busy the machine is with the work of others. */
export class LoadMeter {
  readonly #cores: number;
  readonly #read: () => CpuCounters | null;
  #last: CpuCounters | null;
  #load: number | null = null;

  constructor(cores: number, read: () => CpuCounters | null) {
    this.#cores = cores;
    this.#read = read;
    this.#last = read();
  }

  /** The share of the machine that others use, 0–1; 0 before the first measurement. */
  load(): number {
    const now = this.#read();
    const last = this.#last;
    const span = now === null || last === null ? 0 : now.atSeconds - last.atSeconds;
    if (now !== null && last !== null && span >= MIN_SPAN_SECONDS) {
      const others = now.busySeconds - last.busySeconds - (now.ownSeconds - last.ownSeconds);
      const weight = this.#load === null ? 1 : 1 - 0.5 ** (span / HALF_LIFE_SECONDS);
      this.#load = (this.#load ?? 0) * (1 - weight) + toShare(others / (span * this.#cores)) * weight;
      this.#last = now;
    }
    return this.#load ?? 0;
  }
}

/** The text of a file; null if it cannot be read. */
type ReadText = (path: string) => string | null;

const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** First line of /proc/stat: user nice system idle iowait irq softirq steal. Idle and iowait are not busy. */
export function busySecondsOf(text: string): number | null {
  const fields = /^cpu\s+([\d ]+)$/m.exec(text)?.[1]?.split(' ').map(Number);
  if (fields === undefined || fields.length < 4) {
    return null;
  }
  return sum([...fields.slice(0, 3), ...fields.slice(5, 8)]) / TICKS_PER_SECOND;
}

/** /proc/{pid}/stat: the process's own time, with `children` that of its ended and waited-for children too. */
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

/** What a container may use: control groups (v2). */
type CgroupLimits = {
  /** May be fractional; null without a limit. */
  cpuCores: number | null;
  memoryBytes: number | null;
  /** Without page cache, which the kernel can free at once. */
  memoryUsedBytes: number | null;
};

const CGROUP_ROOT = '/sys/fs/cgroup';

/** Our group and those above it, innermost first: the limits of all of them apply. */
function groupFolders(read: ReadText): string[] {
  const path = /^0::(\/\S*)$/m.exec(read('/proc/self/cgroup') ?? '')?.[1];
  if (path === undefined || path.includes('..')) {
    return [CGROUP_ROOT];
  }
  const parts = path.split('/').filter((part) => part !== '');
  return Array.from({ length: parts.length + 1 }, (_, index) =>
    join(CGROUP_ROOT, ...parts.slice(0, parts.length - index)),
  );
}

/** `max 100000` or `150000 100000`: quota and period. */
function parseCpuMax(text: string | null): number | null {
  const [, quota, period] = /^(\d+) (\d+)/.exec(text ?? '') ?? [];
  const cores = Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : null;
}

function parseBytes(text: string | null): number | null {
  const match = /^(\d+)\s*$/.exec(text ?? '');
  return match === null ? null : Number(match[1]);
}

export function readCgroupLimits(read: ReadText): CgroupLimits {
  const folders = groupFolders(read);
  const quotas = folders.map((folder) => parseCpuMax(read(join(folder, 'cpu.max')))).filter((cores) => cores !== null);
  const cpuCores = quotas.length === 0 ? null : Math.min(...quotas);
  const [limiting] = folders
    .flatMap((folder) => {
      const bytes = parseBytes(read(join(folder, 'memory.max')));
      return bytes === null ? [] : [{ folder, bytes }];
    })
    .sort((a, b) => a.bytes - b.bytes);
  if (limiting === undefined) {
    return { cpuCores, memoryBytes: null, memoryUsedBytes: null };
  }
  const current = parseBytes(read(join(limiting.folder, 'memory.current')));
  const cache = Number(/^inactive_file (\d+)$/m.exec(read(join(limiting.folder, 'memory.stat')) ?? '')?.[1] ?? 0);
  const memoryUsedBytes = current === null ? null : Math.max(0, current - cache);
  return { cpuCores, memoryBytes: limiting.bytes, memoryUsedBytes };
}

function availableMemory(read: ReadText): number {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1];
  return kibibytes === undefined ? freemem() : Number(kibibytes) * 1024;
}

/** Returns a function that reads the machine now. `pids` are the programs that the encoder runs. */
export function createMachine(pids: () => ReadonlySet<number>, read: ReadText = readText): () => Readings {
  const hostCores = Math.max(1, cpus().length);
  const meter = new LoadMeter(hostCores, () => readCounters(read, pids()));
  const hasCounters = read('/proc/stat') !== null;
  // Without /proc: the last minute's run queue, less our own programs.
  const averageLoad = (): number => toShare(((loadavg()[0] ?? 0) - pids().size) / hostCores);
  return () => {
    const { cpuCores, memoryBytes, memoryUsedBytes } = readCgroupLimits(read);
    const limit = memoryBytes ?? Number.POSITIVE_INFINITY;
    return {
      cores: Math.min(availableParallelism(), cpuCores ?? Number.POSITIVE_INFINITY),
      memoryBytes: Math.min(totalmem(), limit),
      freeMemoryBytes: Math.max(0, Math.floor(Math.min(availableMemory(read), limit - (memoryUsedBytes ?? 0)))),
      load: hasCounters ? meter.load() : averageLoad(),
    };
  };
}
