/** One running system that is given every file at once; each test then asks what became of its own. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Api, createClient } from '../../../../client/api.ts';
import type { Schemas } from '../../../../client/api-types.ts';
import { ingestFile } from '../../../../scripts/ingest.ts';
import { signLink } from '../../../../scripts/sign-link.ts';
import { type System, startSystem } from '../../../../scripts/system.ts';
import type { LogLine } from '../../../../scripts/worker-process.ts';

/** The last of all files waits for the encodes of the others. */
const DEADLINE_MS = 3 * 60_000;
const POLL_MS = 400;
const LINK_SECONDS = 3_600;
/** Clips made at the same time: the encoders are at work beside it. */
const MAKERS = 2;

type Asset = Schemas['Asset'];
type Task = Schemas['JobDetail']['tasks'][number];
export type Outcome = { asset: Asset; tasks: Task[]; hls: string; dash: string };
type Answer = { status: number; type: string | null; body: Record<string, unknown> };

/** A file's name → what makes it at a path. */
type Makers = Readonly<Record<string, (path: string) => Promise<unknown>>>;

export type SourcesSystem = {
  system: System;
  folder: string;
  /** Where the encoders keep what they are working on. */
  workFolder: string;
  logLines: LogLine[];
  /** As it stands: also what no client would send. */
  call(method: string, path: string, body?: string): Promise<Answer>;
  /** Makes and ingests these files, all at once. */
  submit(makers: Makers): void;
  /** What became of a file: ready or failed. Throws when it is neither in time. */
  outcomeOf(name: string): Promise<Outcome>;
  close(): Promise<void>;
};

export async function startSourcesSystem(): Promise<SourcesSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-sources-'));
  const workFolder = join(folder, 'work');
  await mkdir(workFolder);
  const logLines: LogLine[] = [];
  // Encoders inherit it.
  process.env['WORK_DIR'] = workFolder;
  const system = await startSystem({
    port: 0,
    stateDir: join(folder, 'state'),
    encoders: 2,
    preset: 'ultrafast',
    log: (line) => logLines.push(line),
  });
  const outcomes = new Map<string, Promise<Outcome>>();
  const api = createClient({ server: system.url, token: system.apiToken });
  const follow = async (name: string, make: (path: string) => Promise<unknown>): Promise<string> => {
    const path = join(folder, name);
    await make(path);
    return (await ingestFile({ path, api })).id;
  };
  return {
    system,
    folder,
    workFolder,
    logLines,
    call: callerOf(system),
    submit(makers) {
      const queue = Object.entries(makers);
      const lanes = Array.from({ length: MAKERS }, () => Promise.resolve());
      for (const [index, [name, make]] of queue.entries()) {
        const lane = (lanes[index % MAKERS] ?? Promise.resolve()).then(() => follow(name, make));
        lanes[index % MAKERS] = lane.then(
          () => {},
          () => {},
        );
        const outcome = lane.then((id) => untilEnded(id, api));
        // The test that asks for it sees the failure.
        outcome.catch(() => {});
        outcomes.set(name, outcome);
      }
    },
    outcomeOf: (name) => outcomes.get(name) ?? Promise.reject(new Error(`${name} was not submitted`)),
    async close() {
      await system.close();
      delete process.env['WORK_DIR'];
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const callerOf =
  (system: System): SourcesSystem['call'] =>
  async (method, path, body) => {
    const response = await fetch(new URL(path, system.url), {
      method,
      headers: { authorization: `Bearer ${system.apiToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(30_000),
    });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: Object(await response.json()),
    };
  };

async function untilEnded(id: string, api: Api): Promise<Outcome> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const asset = await api.call('GET /assets/{id}', { path: { id } });
    if (asset.status === 'ready' || asset.status === 'failed') {
      const { tasks } = await api.call('GET /jobs/{id}', { path: { id: asset.job?.id ?? '' } });
      const links = asset.status === 'failed' ? { hls: '', dash: '' } : await signLink(api, id, LINK_SECONDS);
      return { asset, tasks, hls: links.hls, dash: links.dash };
    }
    if (Date.now() > deadline) {
      throw new Error(`asset ${id} is still ${asset.status}`);
    }
    await pause(POLL_MS);
  }
}
