/** One running system that is given every file at once; each test then asks what became of its own. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectApi } from '../../../scripts/api.ts';
import { ingestFile } from '../../../scripts/ingest.ts';
import { type System, startSystem } from '../../../scripts/system.ts';
import type { LogLine } from '../../../scripts/worker-process.ts';

/** The last of all files waits for the encodes of the others. */
const DEADLINE_MS = 3 * 60_000;
const POLL_MS = 400;
/** Clips made at the same time: the encoders are at work beside it. */
const MAKERS = 2;

type Failure = { code: string; message: string };
export type Task = { id: string; kind: string; state: string; attempt: number; error: Failure | null };
export type Asset = {
  id: string;
  status: string;
  error: Failure | null;
  durationSeconds: number | null;
  width: number | null;
  height: number | null;
  job: { id: string };
};
export type Outcome = { asset: Asset; tasks: Task[]; hls: string; dash: string };
export type Answer = { status: number; type: string | null; body: Record<string, unknown> };

/** A file's name → what makes it at a path. */
export type Makers = Readonly<Record<string, (path: string) => Promise<unknown>>>;

export type SourcesSystem = {
  system: System;
  folder: string;
  /** Where the encoders keep what they are working on. */
  workFolder: string;
  logLines: LogLine[];
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
  const call = callerOf(system);
  const follow = async (name: string, make: (path: string) => Promise<unknown>): Promise<string> => {
    const path = join(folder, name);
    await make(path);
    return (await ingestFile({ path, s3: system.s3, api: connectApi(system.url, system.apiToken) })).id;
  };
  return {
    system,
    folder,
    workFolder,
    logLines,
    call,
    submit(makers) {
      const queue = Object.entries(makers);
      const lanes = Array.from({ length: MAKERS }, () => Promise.resolve());
      for (const [index, [name, make]] of queue.entries()) {
        const lane = (lanes[index % MAKERS] ?? Promise.resolve()).then(() => follow(name, make));
        lanes[index % MAKERS] = lane.then(
          () => {},
          () => {},
        );
        const outcome = lane.then((id) => untilEnded(id, call));
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

async function untilEnded(id: string, call: SourcesSystem['call']): Promise<Outcome> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const asset = (await call('GET', `/v1/assets/${id}`)).body as Asset;
    if (asset.status === 'ready' || asset.status === 'failed') {
      const { tasks } = (await call('GET', `/v1/jobs/${asset.job.id}`)).body as { tasks: Task[] };
      const links = asset.status === 'failed' ? {} : await linksOf(id, call);
      return { asset, tasks, hls: '', dash: '', ...links };
    }
    if (Date.now() > deadline) {
      throw new Error(`asset ${id} is still ${asset.status}`);
    }
    await pause(POLL_MS);
  }
}

async function linksOf(id: string, call: SourcesSystem['call']): Promise<{ hls: string; dash: string }> {
  const { hls, dash } = (await call('POST', `/v1/assets/${id}/links`, '{"expiresIn":3600}')).body;
  return { hls: String(hls), dash: String(dash) };
}
