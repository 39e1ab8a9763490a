/** The encoder's own folder for sources and segments in the making; what a killed encoder left behind is swept away. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** The host's name too: containers may share the parent folder, and each counts its processes from 1. */
const prefixOf = (host: string): string => `sluice-encoder-${host.replace(/[^A-Za-z0-9]/g, '').slice(0, 40)}-`;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: somebody else's process, and alive.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** A new, empty folder in `parent`, named after this process. Folders of encoders of this host that are gone are removed. */
export async function makeWorkFolder(parent: string): Promise<string> {
  const prefix = prefixOf(hostname());
  for (const name of await readdir(parent)) {
    const pid = name.startsWith(prefix) ? /^(\d{1,10})-/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid !== undefined && !isRunning(Number(pid))) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
  return await mkdtemp(join(parent, `${prefix}${process.pid}-`));
}
