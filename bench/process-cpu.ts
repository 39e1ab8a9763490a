/** The CPU time of processes and of the machine, from /proc/{pid}/stat and /proc/stat on Linux (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';
import { sum } from './numbers.ts';

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** The fields after the name in parentheses, which may contain spaces. [0] is the state, field 3 in proc(5). */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** CPU seconds of a process and of its descendants that have ended: utime, stime, cutime, cstime. */
export function treeCpuSeconds(pid: number): number {
  return sum(statOf(pid).slice(11, 15).map(Number)) / TICKS_PER_SECOND;
}

/** CPU seconds of all children of this process that have ended: cutime, cstime. */
export function endedChildrenCpuSeconds(): number {
  return sum(statOf(process.pid).slice(13, 15).map(Number)) / TICKS_PER_SECOND;
}

export type Descendant = { pid: number; name: string };

/** The running descendants of a process, without `except` and its descendants. */
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
      // It has ended meanwhile.
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

/** CPU seconds of the running descendants of `root` and of theirs that have ended, without those below `except`. */
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

/** The time of all cores together since boot. */
export type MachineTime = { idleSeconds: number; totalSeconds: number };

export function machineTime(): MachineTime {
  // user nice system idle iowait irq softirq steal. The time of guests is included in user.
  const ticks = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]?.split(' ').slice(0, 8).map(Number) ?? [];
  return {
    idleSeconds: ((ticks[3] ?? 0) + (ticks[4] ?? 0)) / TICKS_PER_SECOND,
    totalSeconds: sum(ticks) / TICKS_PER_SECOND,
  };
}

/** The share of all cores' time that was idle between two readings. */
export function idleShare(from: MachineTime, to: MachineTime): number {
  const total = to.totalSeconds - from.totalSeconds;
  return total <= 0 ? 0 : (to.idleSeconds - from.idleSeconds) / total;
}
