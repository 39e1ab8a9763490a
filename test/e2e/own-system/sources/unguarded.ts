/** The control for the canaries: the same scripts, read by an ffprobe that nothing holds back. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Canary, openCanary, type Trip } from './canary.ts';

const DEADLINE_MS = 20_000;
const POLL_MS = 50;
const EVERY_PROTOCOL = 'file,http,tcp,udp,rtp,crypto,data';

type Script = {
  name: string;
  ending: string;
  trips: Trip;
  unguarded?: string[];
  make: (path: string, canary: Canary) => Promise<unknown>;
};

/** What a plain ffprobe touches of a canary of its own; ends as soon as the expected trip is seen. */
export async function tripsOfControl(folder: string, script: Script): Promise<Trip[]> {
  const canary = await openCanary(folder, `control-${script.name}`);
  const path = join(folder, `control-${script.name}.${script.ending}`);
  await script.make(path, canary);
  const args = ['-v', 'error', '-protocol_whitelist', EVERY_PROTOCOL, ...(script.unguarded ?? []), path];
  const child = spawn('ffprobe', args, { stdio: 'ignore' });
  const ended = once(child, 'exit').then(() => true);
  try {
    const deadline = Date.now() + DEADLINE_MS;
    while (!canary.trips.has(script.trips) && Date.now() < deadline) {
      if (await Promise.race([ended, pause(POLL_MS, false)])) {
        // One more look: the pipe is looked at now and then.
        await pause(POLL_MS);
        break;
      }
    }
    return [...canary.trips];
  } finally {
    child.kill('SIGKILL');
    await ended;
    await canary.close();
  }
}
