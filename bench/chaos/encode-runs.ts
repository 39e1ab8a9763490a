/**
 * How much was encoded twice, seen from outside: every ffmpeg that encodes below a folder, by what it encodes, with the
 * CPU time that it used. What the system itself says of its attempts is not asked.
 */
import { treeCpuSeconds } from '../process-cpu.ts';
import { processArguments } from './traces.ts';

/** A run that ends in between was no work to speak of. */
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

  /** What was encoded beyond one whole run of each chunk, and of the sound. */
  end(): Redone {
    clearInterval(this.#timer);
    const byTask = Map.groupBy(this.#runs.values(), ({ what }) => what);
    const redone = { chunks: 0, sound: 0 };
    for (const runs of byTask.values()) {
      const seconds = runs.map(({ cpuSeconds }) => cpuSeconds);
      const whole = Math.max(...seconds, Number.EPSILON);
      const again = seconds.reduce((sum, value) => sum + value, 0) / whole - 1;
      redone[runs[0]?.isSound ? 'sound' : 'chunks'] += again;
    }
    return redone;
  }

  #look(): void {
    for (const [pid, args] of processArguments()) {
      // The filter graph names the frames, or the samples: the same for every attempt, different for every task.
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
    // It has ended since its arguments were read: what was seen of it before counts.
    return 0;
  }
}
