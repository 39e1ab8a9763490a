/**
 * Measures from outside how much was encoded twice: watches every ffmpeg that encodes below a folder, what it encodes
 * and its CPU time. It does not rely on what the system reports.
 */
import { sum } from '../numbers.ts';
import { treeCpuSeconds } from '../process-cpu.ts';
import { processArguments } from './traces.ts';

/** A shorter run is too little work to matter. */
const LOOK_EVERY_MS = 100;

type Run = { what: string; isSound: boolean; cpuSeconds: number };

/** In whole tasks: 0.5 is half a task. */
export type Redone = { chunks: number; sound: number };

export class EncodeRuns {
  readonly #runs = new Map<string, Run>();
  readonly #folder: string;
  readonly #timer: NodeJS.Timeout;

  constructor(folder: string) {
    this.#folder = folder;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Stops, and returns what was encoded beyond one complete run of each chunk and of the sound. */
  end(): Redone {
    clearInterval(this.#timer);
    const byTask = Map.groupBy(this.#runs.values(), ({ what }) => what);
    const redone = { chunks: 0, sound: 0 };
    for (const runs of byTask.values()) {
      const seconds = runs.map(({ cpuSeconds }) => cpuSeconds);
      const whole = Math.max(...seconds, Number.EPSILON);
      const again = sum(seconds) / whole - 1;
      redone[runs[0]?.isSound ? 'sound' : 'chunks'] += again;
    }
    return redone;
  }

  #look(): void {
    for (const [pid, args] of processArguments()) {
      // The filter graph names the frames or samples, so it is the same for all attempts of a task and differs between
      // tasks.
      const what = args[args.indexOf('-filter_complex') + 1];
      if (what !== undefined && args.includes('-filter_complex') && args.some((arg) => arg.includes(this.#folder))) {
        const run = `${pid} ${what}`;
        const cpuSeconds = Math.max(this.#runs.get(run)?.cpuSeconds ?? 0, cpuSecondsOf(pid));
        this.#runs.set(run, { what, isSound: args.includes('-vn'), cpuSeconds });
      }
    }
  }
}

function cpuSecondsOf(pid: number): number {
  try {
    return treeCpuSeconds(pid);
  } catch {
    // The process has ended. Its CPU time of the previous look counts.
    return 0;
  }
}
