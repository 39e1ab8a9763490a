/** Records what happens when during an encode, and how idle the cores are, from samples of /proc and notes. */
import { descendants, idleShare, type MachineTime, machineTime } from './process-cpu.ts';
import { printTable } from './table.ts';

/** Reading the process table takes less than 1 ms of CPU. */
const SAMPLE_MS = 100;
/** `comm` has only 15 characters, and the name of the packager's binary includes the platform. */
const PROGRAMS = /^(ffmpeg|ffprobe|packager)/;

type Note = { atMs: number; what: string };

export class Timeline {
  readonly #startMs = Date.now();
  readonly #notes: Note[] = [];
  readonly #samples: { atMs: number; machine: MachineTime }[] = [];
  readonly #running = new Map<number, string>();
  readonly #root: number;
  readonly #timer: NodeJS.Timeout;

  /** Watches the programs below the process `root` until `end`. */
  constructor(root: number) {
    this.#root = root;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
    this.#sample();
  }

  note(what: string, atMs = Date.now()): void {
    this.#notes.push({ atMs, what });
  }

  /** Notes a line of an encoder's log, which is JSON (encoder/failure/log.ts). */
  noteLog(line: string): void {
    const { time, event, task, reason } = JSON.parse(line);
    this.note(`encoder: ${event} ${task ?? ''}${reason ?? ''}`, Date.parse(time));
  }

  end(): void {
    clearInterval(this.#timer);
    this.#sample();
  }

  /** Prints each note with the share of idle cores until the next one. */
  print(): void {
    const notes = this.#notes.toSorted((a, b) => a.atMs - b.atMs);
    const rows = notes.map(({ atMs, what }, index) => {
      const until = notes[index + 1]?.atMs ?? atMs;
      const idle = idleShare(this.#machineAt(atMs), this.#machineAt(until));
      return [what, ((atMs - this.#startMs) / 1000).toFixed(2), until === atMs ? '' : `${(idle * 100).toFixed(0)} %`];
    });
    printTable(['', 's', 'cores idle until next'], rows);
  }

  #sample(): void {
    const atMs = Date.now();
    this.#samples.push({ atMs, machine: machineTime() });
    const now = new Map(
      descendants(this.#root).flatMap(({ pid, name }) => (PROGRAMS.test(name) ? [[pid, name] as const] : [])),
    );
    for (const [pid, name] of now) {
      if (!this.#running.has(pid)) {
        this.note(`${name} starts (${pid})`, atMs);
      }
    }
    for (const [pid, name] of this.#running) {
      if (!now.has(pid)) {
        this.note(`${name} ends (${pid})`, atMs);
      }
    }
    this.#running.clear();
    for (const [pid, name] of now) {
      this.#running.set(pid, name);
    }
  }

  /** Interpolated between the samples before and after. */
  #machineAt(atMs: number): MachineTime {
    const after = this.#samples.find((sample) => sample.atMs >= atMs) ?? this.#samples.at(-1);
    const before = this.#samples.findLast((sample) => sample.atMs <= atMs) ?? after;
    if (before === undefined || after === undefined) {
      return { idleSeconds: 0, totalSeconds: 0 };
    }
    const share = after.atMs === before.atMs ? 0 : (atMs - before.atMs) / (after.atMs - before.atMs);
    const between = (kind: keyof MachineTime): number =>
      before.machine[kind] + share * (after.machine[kind] - before.machine[kind]);
    return { idleSeconds: between('idleSeconds'), totalSeconds: between('totalSeconds') };
  }
}
