/** What happened when in one encode, and how idle the cores were meanwhile: samples of /proc, and whatever is noted. */
import { descendants, idleShare, type MachineTime, machineTime } from './process-cpu.ts';
import { printTable } from './table.ts';

/** Reading the process table takes under a millisecond of CPU. */
const SAMPLE_MS = 100;
/** `comm` has 15 characters; the packager's binary is named after the platform. */
const PROGRAMS = /^(ffmpeg|ffprobe|packager)/;

type Note = { atMs: number; what: string };

export class Timeline {
  readonly #startMs = Date.now();
  readonly #notes: Note[] = [];
  readonly #samples: { atMs: number; machine: MachineTime }[] = [];
  readonly #running = new Map<number, string>();
  readonly #root: number;
  readonly #timer: NodeJS.Timeout;

  /** Looks for programs below the process `root`, until `end`. */
  constructor(root: number) {
    this.#root = root;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
    this.#sample();
  }

  note(what: string, atMs = Date.now()): void {
    this.#notes.push({ atMs, what });
  }

  /** One line of an encoder's log, JSON as encoder/failure/log.ts writes it. */
  noteLog(line: string): void {
    const { time, event, task, reason } = JSON.parse(line);
    this.note(`encoder: ${event} ${task ?? ''}${reason ?? ''}`, Date.parse(time));
  }

  end(): void {
    clearInterval(this.#timer);
    this.#sample();
  }

  /** Each note with the share of idle cores from there to the next. */
  print(): void {
    const notes = this.#notes.toSorted((a, b) => a.atMs - b.atMs);
    const rows = notes.map(({ atMs, what }, index) => {
      const until = notes[index + 1]?.atMs ?? atMs;
      const idle = idleShare(this.#machineAt(atMs), this.#machineAt(until));
      return [what, ((atMs - this.#startMs) / 1000).toFixed(2), until === atMs ? '' : `${(idle * 100).toFixed(0)} %`];
    });
    printTable(['', 's', 'cores idle until the next'], rows);
  }

  #sample(): void {
    const atMs = Date.now();
    this.#samples.push({ atMs, machine: machineTime() });
    const now = new Map(
      descendants(this.#root).flatMap(({ pid, name }) => (PROGRAMS.test(name) ? [[pid, name] as const] : [])),
    );
    for (const [pid, name] of now) {
      if (!this.#running.has(pid)) {
        this.note(`${name} runs (${pid})`, atMs);
      }
    }
    for (const [pid, name] of this.#running) {
      if (!now.has(pid)) {
        this.note(`${name} has ended (${pid})`, atMs);
      }
    }
    this.#running.clear();
    for (const [pid, name] of now) {
      this.#running.set(pid, name);
    }
  }

  /** Between the two samples around it, in proportion. */
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
