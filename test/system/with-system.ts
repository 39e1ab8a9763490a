/** A whole system of its own for one test: free port, empty state, gone afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, createClient } from '../../client/api.ts';
import type { Schemas } from '../../client/api-types.ts';
import { ingestFile } from '../../scripts/ingest.ts';
import { type System, type SystemOptions, startSystem } from '../../scripts/system.ts';
import type { LogLine } from '../../scripts/worker-process.ts';

export type TestSystem = System & {
  api: Api;
  /** Everything the Worker and the encoders have said so far. */
  logLines: readonly LogLine[];
  /** Ingests a file and waits until it can be played. */
  ingest(path: string, title?: string): Promise<Schemas['Asset']>;
};

const READY_DEADLINE_MS = 4 * 60_000;
const POLL_MS = 250;
/** The end of the log that a failed test shows. */
const LOG_LINES_SHOWN = 40;

/** One encoder and x264's fastest preset unless the test asks for something else. */
export async function withSystem<T>(
  options: Partial<Omit<SystemOptions, 'log' | 'stateDir'>>,
  use: (system: TestSystem) => Promise<T>,
): Promise<T> {
  const stateDir = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  const logLines: LogLine[] = [];
  try {
    const log = (line: LogLine) => logLines.push(line);
    const system = await startSystem({ port: 0, encoders: 1, preset: 'ultrafast', ...options, stateDir, log });
    try {
      return await use(withIngest(system, logLines));
    } finally {
      await system.close();
    }
  } catch (error) {
    for (const { source, text } of logLines.slice(-LOG_LINES_SHOWN)) {
      console.error(`${source}: ${text}`);
    }
    throw error;
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
}

function withIngest(system: System, logLines: readonly LogLine[]): TestSystem {
  const api = createClient({ server: system.url, token: system.apiToken });
  const ingest = async (path: string, title?: string) => {
    const { id } = await ingestFile({ path, api, ...(title === undefined ? {} : { title }) });
    return untilReady(api, id);
  };
  return { ...system, api, logLines, ingest };
}

/** Throws when the asset fails, or is not ready in time. */
export async function untilReady(api: Api, id: string): Promise<Schemas['Asset']> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  let asset = await api.call('GET /assets/{id}', { path: { id } });
  while (asset.status !== 'ready') {
    if (asset.status === 'failed' || Date.now() > deadline) {
      throw new Error(`asset ${id} is not ready: ${JSON.stringify(asset)}`);
    }
    await sleep(POLL_MS);
    asset = await api.call('GET /assets/{id}', { path: { id } });
  }
  return asset;
}
