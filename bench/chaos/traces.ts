/** Finds what a system has left behind: processes that refer to its folder, and files. Needs Linux (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** The arguments of all processes on this machine, by pid. */
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

/** Other processes that have `folder` in an argument or in their environment. */
export function processesOf(folder: string): string[] {
  return [...processArguments()].flatMap(([pid, args]) => {
    const knows = args.some((arg) => arg.includes(folder)) || readProc(String(pid), 'environ').includes(folder);
    return knows && pid !== process.pid ? [`${pid} ${args.join(' ').slice(0, 200)}`] : [];
  });
}

/** All files and folders below the given folders. */
export const filesIn = (folders: readonly string[]): string[] =>
  folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }));

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // The process has ended, or belongs to another user.
    return '';
  }
}
