/** Shows the progress of each asset: lines redrawn in place on a terminal, a few plain lines elsewhere. */
import { cleanLine } from '../../src/platform/text.ts';

export type ProgressItem = {
  id: string;
  title: string;
  status: string;
  progress: number;
  /** Speed as a multiple of real time, and the time left. Null while unknown. */
  speed?: number | null;
  etaSeconds?: number | null;
  /** Of an upload, such as `12.3 MB/s`. */
  rate?: string;
};

export type Output = { write(text: string): unknown; isTTY?: boolean; columns?: number };

export type Display = {
  /** Prints one line above the progress lines. Control characters and line breaks in it become spaces. */
  print(line: string): void;
  printError(line: string): void;
  /** Replaces all progress lines: items that are no longer in the list disappear. */
  show(items: readonly ProgressItem[]): void;
};

const BAR_WIDTH = 24;
const TITLE_WIDTH = 24;
/** Without a terminal, an asset gets a line for each quarter of its progress. */
const QUARTERS = 4;
/** More lines would push other output off the screen. */
const LINES_MAX = 8;

export function createDisplay(out: Output, errors: Output): Display {
  const terminal = out.isTTY === true;
  let items: readonly ProgressItem[] = [];
  let linesShown = 0;
  const lastSteps = new Map<string, string>();

  const erase = () => {
    if (linesShown > 0) {
      out.write(`\x1b[${linesShown}A\x1b[J`);
      linesShown = 0;
    }
  };
  const draw = () => {
    const lines = items.slice(0, LINES_MAX).map((item) => progressLine(item).slice(0, (out.columns ?? 80) - 1));
    out.write(lines.map((line) => `${line}\n`).join(''));
    linesShown = lines.length;
  };
  const around = (write: () => void) => {
    if (terminal) {
      erase();
    }
    write();
    if (terminal) {
      draw();
    }
  };
  return {
    print: (line) => around(() => out.write(`${cleanLine(line)}\n`)),
    printError: (line) => around(() => errors.write(`${cleanLine(line)}\n`)),
    show(next) {
      items = next;
      if (terminal) {
        erase();
        draw();
        return;
      }
      for (const item of next) {
        const step = `${item.status} ${Math.floor(item.progress * QUARTERS)}`;
        if (lastSteps.get(item.id) !== step) {
          lastSteps.set(item.id, step);
          out.write(`${cleanLine(`${item.status} ${item.id} ${percent(item)} ${item.title}`)}\n`);
        }
      }
    },
  };
}

function progressLine(item: ProgressItem): string {
  const filled = Math.round(Math.min(1, Math.max(0, item.progress)) * BAR_WIDTH);
  const bar = '#'.repeat(filled) + '.'.repeat(BAR_WIDTH - filled);
  const title = cleanLine(item.title).slice(0, TITLE_WIDTH).padEnd(TITLE_WIDTH);
  return `${title} [${bar}] ${percent(item).padStart(4)} ${item.status}${paceOf(item)}`;
}

/** ` 2.4x 1:05` or ` 12.3 MB/s 1:05`: the speed and the time left. */
function paceOf({ speed, etaSeconds, rate }: ProgressItem): string {
  const left = Math.ceil(etaSeconds ?? 0);
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  return `${rate === undefined ? '' : ` ${rate}`}${typeof speed === 'number' ? ` ${speed.toFixed(1)}x` : ''}${left > 0 ? ` ${clock}` : ''}`;
}

const percent = ({ progress }: ProgressItem): string => `${Math.floor(progress * 100)}%`;
