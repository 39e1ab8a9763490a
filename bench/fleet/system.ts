/** Runs the whole Worker with a TaskBoard that counts its rows (worker/index.ts), for modelled encoders. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { loadOrMakeSecrets } from '../../scripts/secrets.ts';
import { startWorkerProcess } from '../../scripts/worker-process.ts';
import { writeConfig } from '../other-entry.ts';

const rowsSchema = z.object({ rowsRead: z.number(), rowsWritten: z.number(), alarms: z.number() });
type Rows = z.infer<typeof rowsSchema>;

export type FleetSystem = {
  url: string;
  apiToken: string;
  encoderToken: string;
  /** The path of a placeholder file, which the modelled encoders do not read. */
  film: string;
  /** The rows that the board has read and written so far. */
  rows(): Promise<Rows>;
  close(): Promise<void>;
};

/** When the Worker does not start, it cleans up and throws. */
export async function startFleetSystem(vars: Readonly<Record<string, string>>): Promise<FleetSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-fleet-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    writeConfig(folder, 'bench/fleet/worker/index.ts');
    const stateDir = join(folder, 'state');
    const film = join(folder, 'film.mp4');
    writeFileSync(film, new Uint8Array(1_000));
    const secrets = await loadOrMakeSecrets(stateDir);
    const worker = await startWorkerProcess(
      { root: folder, stateDir, port: 0, secrets, vars: { EDGE_CACHE: 'on', ...vars } },
      ({ source, level, text }) => level === 'error' && console.error(`${source}: ${text}`),
    );
    return {
      url: worker.url,
      apiToken: secrets.apiToken,
      encoderToken: secrets.encoderToken,
      film,
      rows: async () => rowsSchema.parse(await (await fetch(new URL('/bench/rows', worker.url))).json()),
      async close() {
        await worker.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
