/**
 * The real system, with means to break it: the Worker can be restarted on its state, and encoders, each behind a proxy,
 * can be killed, stopped and cut off. Everything is written below one folder.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Api, createClient } from '../../client/api.ts';
import { type EncoderProcess, startEncoder } from '../../scripts/encoder-process.ts';
import { loadOrMakeSecrets, type Secrets } from '../../scripts/secrets.ts';
import { ROOT } from '../../scripts/system.ts';
import { type Log, startWorkerProcess, type WorkerProcess } from '../../scripts/worker-process.ts';
import { writeConfig } from '../other-entry.ts';
import { type FragileProxy, startFragileProxy } from './fragile-proxy.ts';
import { CALL_TIMEOUT_MS, patiently } from './patience.ts';
import { processArguments } from './traces.ts';

export type Store = 'bucket' | 'catalog';
/** See worker/failing-store.ts. */
export type BrokenMode = 'refuse' | 'lose' | 'hang';
/** How long the Worker keeps using mutable state that it has read. */
export const EDGE_STATE_SECONDS = 2;

export type FragileOptions = { folder: string; encoders: number; leaseSeconds: number; log: Log };

/** The kernel kills the programs of a killed encoder at once, but on a busy machine they take a moment to disappear. */
const PROGRAMS_GONE_MS = 3_000;
const LOOK_MS = 50;

export class FragileSystem {
  readonly #options: FragileOptions;
  readonly #secrets: Secrets;
  #worker: WorkerProcess;
  readonly encoders: FragileEncoder[] = [];

  private constructor(options: FragileOptions, secrets: Secrets, worker: WorkerProcess) {
    this.#options = options;
    this.#secrets = secrets;
    this.#worker = worker;
  }

  static async start(options: FragileOptions): Promise<FragileSystem> {
    const { folder } = options;
    for (const path of [stateOf(folder), workOf(folder), temporaryOf(folder)]) {
      await mkdir(path, { recursive: true, mode: 0o700 });
    }
    writeConfig(folder, 'bench/chaos/worker/index.ts');
    const secrets = await loadOrMakeSecrets(stateOf(folder));
    const worker = await startWorker(options, secrets, 0);
    const system = new FragileSystem(options, secrets, worker);
    try {
      for (let index = 1; index <= options.encoders; index += 1) {
        system.encoders.push(await system.#addEncoder(`encoder-${index}`));
      }
    } catch (error) {
      await system.close();
      throw error;
    }
    return system;
  }

  get url(): string {
    return this.#worker.url;
  }

  get api(): Api {
    return createClient({ server: this.url, token: this.apiToken, timeoutMs: CALL_TIMEOUT_MS });
  }

  get apiToken(): string {
    return this.#secrets.apiToken;
  }

  get workFolder(): string {
    return workOf(this.#options.folder);
  }

  /** These folders must be empty once the system is closed. */
  get scratchFolders(): string[] {
    const { folder } = this.#options;
    return [this.workFolder, temporaryOf(folder), join(stateOf(folder), 'temporary')];
  }

  /** Restarts the Worker on the same port and state. Returns for how many milliseconds it did not answer. */
  async restartWorker(how: 'end' | 'kill'): Promise<number> {
    const { port } = new URL(this.url);
    const started = performance.now();
    if (how === 'kill') {
      // Kills the process group, so workerd dies too, possibly in the middle of a write.
      process.kill(-this.#worker.pid, 'SIGKILL');
      await this.#worker.ended;
    }
    await this.#worker.close();
    this.#worker = await startWorker(this.#options, this.#secrets, Number(port));
    return performance.now() - started;
  }

  /** A restart of the Worker ends this early. */
  async breakStore(store: Store, mode: BrokenMode, forMs: number): Promise<void> {
    await this.#setMode(store, mode);
    await pause(forMs);
    await this.#setMode(store, 'open');
  }

  async #setMode(store: Store, mode: BrokenMode | 'open'): Promise<void> {
    await patiently(() =>
      fetch(new URL('/bench/stores', this.url), {
        ...{ method: 'POST', body: JSON.stringify({ [store]: mode }) },
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      }),
    );
  }

  /** Runs the cron that runs each minute. */
  async sweep(): Promise<void> {
    await patiently(() => this.#worker.runScheduled('* * * * *'));
  }

  async close(): Promise<void> {
    await Promise.all(this.encoders.map((encoder) => encoder.close()));
    await this.#worker.close();
  }

  async #addEncoder(name: string): Promise<FragileEncoder> {
    const proxy = await startFragileProxy(Number(new URL(this.url).port));
    const { folder, log } = this.#options;
    return new FragileEncoder(proxy, () =>
      startEncoder(
        {
          ...{ root: ROOT, name, url: proxy.url, encoderToken: this.#secrets.encoderToken },
          variables: { ENCODER_SLOTS: '1', WORK_DIR: workOf(folder), TMPDIR: temporaryOf(folder) },
        },
        log,
      ),
    );
  }
}

export class FragileEncoder {
  readonly proxy: FragileProxy;
  readonly #start: () => EncoderProcess;
  #process: EncoderProcess;

  constructor(proxy: FragileProxy, start: () => EncoderProcess) {
    this.proxy = proxy;
    this.#start = start;
    this.#process = start();
  }

  /** Kills only the process, like the out-of-memory killer. Throws if a program that it started outlives it. */
  async kill(): Promise<void> {
    const { pid, ended } = this.#process;
    process.kill(pid, 'SIGKILL');
    await ended;
    const deadline = performance.now() + PROGRAMS_GONE_MS;
    const mark = new RegExp(`sluice-encoder-[^/]*-${pid}-`);
    const isLeft = () => [...processArguments().values()].some((args) => args.some((arg) => mark.test(arg)));
    while (isLeft()) {
      if (performance.now() > deadline) {
        throw new Error(`a program of encoder ${pid} outlived it`);
      }
      await pause(LOOK_MS);
    }
  }

  /** Starts a new process in place of the killed one. */
  revive(): void {
    this.#process = this.#start();
  }

  /** Stops only the process. The programs that it has started continue. */
  async stop(forMs: number): Promise<void> {
    const { pid } = this.#process;
    process.kill(pid, 'SIGSTOP');
    try {
      await pause(forMs);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  async close(): Promise<void> {
    await this.#process.close();
    await this.proxy.close();
  }
}

const stateOf = (folder: string): string => join(folder, 'state');
const workOf = (folder: string): string => join(folder, 'work');
const temporaryOf = (folder: string): string => join(folder, 'temporary');

function startWorker(
  { folder, leaseSeconds, log }: FragileOptions,
  secrets: Secrets,
  port: number,
): Promise<WorkerProcess> {
  return startWorkerProcess(
    {
      ...{ root: folder, stateDir: stateOf(folder), port, secrets },
      vars: {
        EDGE_STATE_SECONDS: String(EDGE_STATE_SECONDS),
        EDGE_CACHE: 'on',
        X264_PRESET: 'ultrafast',
        CHUNK_SEGMENTS: '1',
        EARLY_RENDITION: 'off',
        LEASE_SECONDS: String(leaseSeconds),
        HEARTBEAT_SECONDS: '1',
      },
    },
    log,
  );
}
