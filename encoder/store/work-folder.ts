/** The encoder's own folder for sources and unfinished segments. Removes the folders that killed encoders left behind. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A folder's name behind the prefix: process, boot and start of the process (Linux), and what mkdtemp adds. */
const OWNER = /^(\d{1,10})-(?:([0-9a-f]{8}\.\d{1,20})-)?[A-Za-z0-9]{6}$/;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process of another user, and alive.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** When a process began: the machine's boot and clock ticks since (proc(5), field 22). Null without the process or /proc. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; behind it is field 3.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)}.${ticks}`;
  } catch {
    return null;
  }
}

/** The process id is not enough: in a restarted container, the new encoder has the id of the dead one. */
const isOwnerAlive = (pid: number, start: string | undefined): boolean =>
  start === undefined ? pid !== process.pid && isRunning(pid) : startOf(pid) === start;

/** Makes a folder in `parent`, named after this process. Removes folders of this host's encoders that are gone. */
export async function makeWorkFolder(parent: string): Promise<string> {
  // With the host's name, because containers may share the parent folder and each counts its processes from 1.
  const prefix = `sluice-encoder-${hostname()
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 40)}-`;
  for (const name of await readdir(parent)) {
    const [, pid, start] = (name.startsWith(prefix) && OWNER.exec(name.slice(prefix.length))) || [];
    if (pid !== undefined && !isOwnerAlive(Number(pid), start)) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
  const start = startOf(process.pid);
  return await mkdtemp(join(parent, `${prefix}${process.pid}-${start === null ? '' : `${start}-`}`));
}
