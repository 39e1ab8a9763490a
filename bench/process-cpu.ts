/** CPU time of processes and of the machine, from Linux's own accounting (/proc/{pid}/stat, /proc/stat: proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The fields behind the name in parentheses, which may hold spaces: [0] is the state, field 3 of proc(5). */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** User and system seconds of a process and of all its ended, waited-for descendants: utime, stime, cutime, cstime. */
export function treeCpuSeconds(pid: number): number {
  return sum(statOf(pid).slice(11, 15).map(Number)) / TICKS_PER_SECOND;
}

/** Seconds of all children that this process has waited for: cutime, cstime. */
export function endedChildrenCpuSeconds(): number {
  return sum(statOf(process.pid).slice(13, 15).map(Number)) / TICKS_PER_SECOND;
}

export type Descendant = { pid: number; name: string };

/** Running descendants of a process, but not those below `except`. */
export function descendants(root: number, except?: number): Descendant[] {
  const children = new Map<number, Descendant[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === except) {
      continue;
    }
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
      children.set(Number(parent), [...(children.get(Number(parent)) ?? []), { pid, name }]);
    } catch {
      // It ended in between.
    }
  }
  const found: Descendant[] = [];
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    const below = children.get(pid) ?? [];
    found.push(...below);
    open.push(...below.map((child) => child.pid));
  }
  return found;
}

/** User and system seconds of what runs below `root`, and has run, but not below `except`. */
export function liveTreeCpuSeconds(root: number, except?: number): number {
  return sum(
    descendants(root, except).map(({ pid }) => {
      try {
        return treeCpuSeconds(pid);
      } catch {
        return 0;
      }
    }),
  );
}

/** Of all cores together, since the machine started. */
export type MachineTime = { idleSeconds: number; totalSeconds: number };

export function machineTime(): MachineTime {
  // user nice system idle iowait irq softirq steal; what guests use is in user already.
  const ticks = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]?.split(' ').slice(0, 8).map(Number) ?? [];
  return {
    idleSeconds: ((ticks[3] ?? 0) + (ticks[4] ?? 0)) / TICKS_PER_SECOND,
    totalSeconds: sum(ticks) / TICKS_PER_SECOND,
  };
}

/** Share of all cores' time between two readings in which they had nothing to do. */
export function idleShare(from: MachineTime, to: MachineTime): number {
  const total = to.totalSeconds - from.totalSeconds;
  return total <= 0 ? 0 : (to.idleSeconds - from.idleSeconds) / total;
}
