/** What a system has left behind: processes that know its folder, and files. Linux: /proc, proc(5). */
import { readdirSync, readFileSync } from 'node:fs';

/** The arguments of every process of this machine, by its id. */
export function processArguments(): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const name of readdirSync('/proc')) {
    const text = /^\d+$/.test(name) ? readProc(name, 'cmdline') : '';
    if (text !== '') {
      found.set(Number(name), text.split('\0').slice(0, -1));
    }
  }
  return found;
}

/** Processes, other than this one, that have `folder` in an argument or in their environment. */
export function processesOf(folder: string): string[] {
  return [...processArguments()].flatMap(([pid, args]) => {
    const knows = args.some((arg) => arg.includes(folder)) || readProc(String(pid), 'environ').includes(folder);
    return knows && pid !== process.pid ? [`${pid} ${args.join(' ').slice(0, 200)}`] : [];
  });
}

/** Every file and folder below these. */
export const filesIn = (folders: readonly string[]): string[] =>
  folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }));

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It has ended, or is somebody else's.
    return '';
  }
}
