import { describe, expect, test } from 'vitest';
import {
  busySecondsOf,
  type CpuCounters,
  createMachine,
  LoadMeter,
  processSecondsOf,
  readCgroupLimits,
} from '../../../encoder/machine/machine.ts';

const filesOf =
  (files: Record<string, string>) =>
  (path: string): string | null =>
    files[path] ?? null;

describe('control groups', () => {
  test('of a container: its own root', () => {
    const read = filesOf({
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/memory.max': '1000000\n',
      '/sys/fs/cgroup/memory.current': '600000\n',
      '/sys/fs/cgroup/memory.stat': 'anon 1\ninactive_file 200000\nactive_file 5\n',
    });
    expect(readCgroupLimits(read)).toEqual({ cpuCores: 1.5, memoryBytes: 1_000_000, memoryUsedBytes: 400_000 });
  });

  test('the least of those above counts', () => {
    const read = filesOf({
      '/proc/self/cgroup': '0::/a/b\n',
      '/sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/a/cpu.max': '400000 100000\n',
      '/sys/fs/cgroup/cpu.max': '800000 100000\n',
      '/sys/fs/cgroup/a/b/memory.max': 'max\n',
      '/sys/fs/cgroup/a/memory.max': '5000\n',
      '/sys/fs/cgroup/a/memory.current': '2000\n',
    });
    expect(readCgroupLimits(read)).toEqual({ cpuCores: 4, memoryBytes: 5_000, memoryUsedBytes: 2_000 });
  });

  test.each([
    ['none', {}],
    ['version 1', { '/proc/self/cgroup': '8:memory:/x\n1:cpu:/\n' }],
    ['no limit', { '/sys/fs/cgroup/cpu.max': 'max 100000', '/sys/fs/cgroup/memory.max': 'max' }],
    ['nonsense', { '/sys/fs/cgroup/cpu.max': '0 0', '/sys/fs/cgroup/memory.max': '-5' }],
    ['a path that climbs', { '/proc/self/cgroup': '0::/../../etc\n' }],
  ])('%s: no limits', (_, files) => {
    expect(readCgroupLimits(filesOf(files))).toEqual({ cpuCores: null, memoryBytes: null, memoryUsedBytes: null });
  });
});

describe('load', () => {
  const meterOf = (cores: number, ...counters: [number, number, number][]) => {
    const list: (CpuCounters | null)[] = counters.map(([atSeconds, busySeconds, ownSeconds]) => ({
      ...{ atSeconds, busySeconds, ownSeconds },
    }));
    const first = list[0] ?? null;
    return new LoadMeter(cores, () => list.shift() ?? first);
  };

  test('is what others use', () => {
    // 10 s on 4 cores: 30 s of work, 20 of it ours.
    expect(meterOf(4, [0, 100, 50], [10, 130, 70]).load()).toBeCloseTo(0.25);
  });

  test('our own work is none', () => {
    expect(meterOf(2, [0, 0, 0], [10, 20, 20]).load()).toBe(0);
    // Counters of different files never quite agree.
    expect(meterOf(2, [0, 0, 0], [10, 19.9, 20.1]).load()).toBe(0);
  });

  test('is smoothed: one busy second is not believed, twenty are', () => {
    const meter = meterOf(2, [0, 0, 0], [10, 0, 0], [11, 2, 0], [31, 42, 0]);
    expect(meter.load()).toBe(0);
    expect(meter.load()).toBeLessThan(0.1);
    expect(meter.load()).toBeGreaterThan(0.7);
  });

  test('too short a span changes nothing', () => {
    const meter = meterOf(1, [0, 0, 0], [10, 5, 0], [10.1, 5.1, 0]);
    expect(meter.load()).toBeCloseTo(0.5);
    expect(meter.load()).toBeCloseTo(0.5);
  });

  test('nothing to read, nothing known', () => {
    expect(new LoadMeter(2, () => null).load()).toBe(0);
  });
});

describe('counters', () => {
  test('of the machine: waiting is not work', () => {
    expect(busySecondsOf('cpu  100 200 300 9999 9999 10 20 30 0 0\ncpu0 1 1 1 1\n')).toBeCloseTo(6.6);
    expect(busySecondsOf('intr 5')).toBeNull();
  });

  test('of a process whose name is no help', () => {
    const stat = `7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 300 100 20 0 1`;
    expect(processSecondsOf(stat, false)).toBeCloseTo(2);
    expect(processSecondsOf(stat, true)).toBeCloseTo(6);
  });
});

test('this machine', () => {
  const machine = createMachine(() => new Set())();
  expect(machine.cores).toBeGreaterThan(0);
  expect(machine.freeMemoryBytes).toBeLessThanOrEqual(machine.memoryBytes);
  expect(machine.load).toBeGreaterThanOrEqual(0);
});

test('a container is not larger than its quota', () => {
  const read = filesOf({
    '/sys/fs/cgroup/cpu.max': '50000 100000',
    '/sys/fs/cgroup/memory.max': '1000',
    '/sys/fs/cgroup/memory.current': '2000',
  });
  expect(createMachine(() => new Set(), read)()).toMatchObject({ cores: 0.5, memoryBytes: 1_000, freeMemoryBytes: 0 });
});
