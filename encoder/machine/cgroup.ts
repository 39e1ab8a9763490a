/** What a container may use: CPU quota and memory of control groups (v2). Pure but for the reader that is handed in. */
import { join } from 'node:path';

/** The text of a file, or null where there is none. */
export type ReadText = (path: string) => string | null;

export type CgroupLimits = {
  /** Cores' worth of time, may be fractional; null where nothing limits it. */
  cpuCores: number | null;
  memoryBytes: number | null;
  /** Used, without what the kernel gives back when asked (page cache). */
  memoryUsedBytes: number | null;
};

const ROOT = '/sys/fs/cgroup';
const NO_LIMITS: CgroupLimits = { cpuCores: null, memoryBytes: null, memoryUsedBytes: null };

/** Our group and those above it, innermost first: a limit of any of them holds. */
function groupFolders(read: ReadText): string[] {
  const path = /^0::(\/\S*)$/m.exec(read('/proc/self/cgroup') ?? '')?.[1];
  if (path === undefined || path.includes('..')) {
    return [ROOT];
  }
  const parts = path.split('/').filter((part) => part !== '');
  return Array.from({ length: parts.length + 1 }, (_, index) => join(ROOT, ...parts.slice(0, parts.length - index)));
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

function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

export function readCgroupLimits(read: ReadText): CgroupLimits {
  const folders = groupFolders(read);
  const cpuCores = least(folders.map((folder) => parseCpuMax(read(join(folder, 'cpu.max')))));
  const limiting = folders
    .map((folder) => ({ folder, bytes: parseBytes(read(join(folder, 'memory.max'))) }))
    .filter(({ bytes }) => bytes !== null)
    .sort((a, b) => (a.bytes ?? 0) - (b.bytes ?? 0))[0];
  if (limiting === undefined) {
    return { ...NO_LIMITS, cpuCores };
  }
  const current = parseBytes(read(join(limiting.folder, 'memory.current')));
  const cache = Number(/^inactive_file (\d+)$/m.exec(read(join(limiting.folder, 'memory.stat')) ?? '')?.[1] ?? 0);
  const memoryUsedBytes = current === null ? null : Math.max(0, current - cache);
  return { cpuCores, memoryBytes: limiting.bytes, memoryUsedBytes };
}
