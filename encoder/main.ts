/** The encoder process: leases tasks from a Worker and does them until it is told to stop. Wiring only. */
import { rm } from 'node:fs/promises';
import { BoardClient } from './board-client.ts';
import { ENCODER_VERSION, type EncoderConfig, parseEncoderConfig } from './config.ts';
import { runLeaseLoop } from './lease-loop.ts';
import { createLog, type Log } from './log.ts';
import { SourceCache } from './source-cache.ts';
import { ObjectStore } from './store.ts';
import { createTaskRunner } from './tasks/run-task.ts';
import { runTogether } from './together.ts';
import { makeWorkFolder } from './work-folder.ts';

async function runEncoder(config: EncoderConfig, log: Log, signal: AbortSignal): Promise<void> {
  const store = new ObjectStore({
    endpoint: config.S3_ENDPOINT,
    bucket: config.S3_BUCKET,
    accessKeyId: config.S3_ACCESS_KEY_ID,
    secretAccessKey: config.S3_SECRET_ACCESS_KEY,
  });
  const workFolder = await makeWorkFolder(config.WORK_DIR);
  const sources = new SourceCache(store, workFolder, config.MAX_SOURCE_BYTES);
  const options = {
    board: new BoardClient(config.SLUICE_URL, config.ENCODER_TOKEN),
    encoder: {
      id: config.ENCODER_ID,
      version: ENCODER_VERSION,
      cores: config.cores,
      memoryBytes: config.memoryBytes,
    },
    runTask: createTaskRunner({ store, sources, workFolder, deadlineMs: config.TASK_SECONDS * 1000 }),
    log,
  };
  log.info('encoder_started', { encoder: config.ENCODER_ID, slots: config.ENCODER_SLOTS });
  try {
    await runTogether(config.ENCODER_SLOTS, signal, (together) => runLeaseLoop(options, together));
  } finally {
    await sources.close();
    await rm(workFolder, { recursive: true, force: true });
    log.info('encoder_stopped', { encoder: config.ENCODER_ID });
  }
}

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => stop.abort(new Error(signal)));
}
// Started by `npm start` over a channel: an encoder must not outlive a parent that was killed.
process.once('disconnect', () => stop.abort(new Error('the parent is gone')));

const log = createLog(process.stdout, process.stderr);
try {
  await runEncoder(parseEncoderConfig(process.env), log, stop.signal);
} catch (error) {
  log.error('encoder_failed', { reason: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
} finally {
  if (process.connected) {
    process.disconnect();
  }
}
