/** The encoder process: leases tasks from a Worker and does them until it is told to stop. */
import { rm } from 'node:fs/promises';
import type { Encoder } from '../src/protocol/tasks.ts';
import { ENCODER_VERSION, type EncoderConfig, parseEncoderConfig, unusedVariables } from './config.ts';
import { createLog, type Log } from './failure/log.ts';
import { BoardClient } from './lease/board-client.ts';
import { runLeaseLoop } from './lease/lease-loop.ts';
import { createPulse } from './lease/pulse.ts';
import { type Stops, stopsOnSignals } from './lease/stops.ts';
import { freeCores, shareOf, slotsNow, slotsOf } from './machine/capacity.ts';
import { createMachine } from './machine/machine.ts';
import { canConfine } from './media/confine.ts';
import { runningPids } from './media/process.ts';
import { remuxSource } from './media/remux.ts';
import { chooseVideoEncoder } from './picture/probe-encoder.ts';
import { SourceCache } from './store/source-cache.ts';
import { measureSourceRoom, readDisk } from './store/source-room.ts';
import { ObjectStore } from './store/store.ts';
import { makeWorkFolder } from './store/work-folder.ts';
import { createTaskRunner } from './tasks/run-task.ts';

async function runEncoder(config: EncoderConfig, log: Log, stops: Stops): Promise<void> {
  const store = new ObjectStore({ url: config.SLUICE_URL, token: config.ENCODER_TOKEN });
  const readMachine = createMachine(runningPids);
  const machine = readMachine();
  const mostSlots = config.ENCODER_SLOTS ?? slotsOf(machine);
  const budget = { ...shareOf(machine, mostSlots), deadlineMs: config.TASK_SECONDS * 1000 };
  const videoEncoder = await chooseVideoEncoder(config.ENCODER_VIDEO, log, stops.drain);
  const workFolder = await makeWorkFolder(config.WORK_DIR);
  const room = await measureSourceRoom(() => readDisk(workFolder), {
    ...{ slots: mostSlots, workBytes: config.WORK_BYTES, maxSourceBytes: config.MAX_SOURCE_BYTES },
  });
  const sources = new SourceCache(store, workFolder, room, (path, remux, copyPath, signal) =>
    remuxSource(path, remux, copyPath, { budget, signal }),
  );
  log.info('encoder_started', {
    ...{ encoder: config.ENCODER_ID, slots: mostSlots, cores: machine.cores, video: videoEncoder },
    // If false, a hostile source can fill the memory, and programs outlive an encoder that is killed.
    limits: canConfine(),
    largestSourceBytes: room.largestBytes,
  });
  const describe = (busySlots: number): Encoder => {
    const readings = readMachine();
    return {
      ...readings,
      id: config.ENCODER_ID,
      version: ENCODER_VERSION,
      cores: Math.max(1, Math.floor(readings.cores)),
      freeCores: freeCores(readings, busySlots),
      features: [...new Set(['x264', videoEncoder])],
    };
  };
  try {
    await runLeaseLoop(
      {
        board: new BoardClient(config.SLUICE_URL, config.ENCODER_TOKEN, {}, createPulse(config.HEALTH_FILE)),
        describe,
        slots: (busySlots) => config.ENCODER_SLOTS ?? slotsNow(readMachine(), busySlots),
        runTask: createTaskRunner({ store, sources, workFolder, budget, videoEncoder }),
        log,
      },
      stops,
    );
  } finally {
    await sources.close();
    await rm(workFolder, { recursive: true, force: true });
    log.info('encoder_stopped', { encoder: config.ENCODER_ID });
  }
}

const log = createLog(process.stdout, process.stderr);
try {
  const config = parseEncoderConfig(process.env);
  const unused = unusedVariables(process.env);
  if (unused.length > 0) {
    log.error('keys_not_needed', { variables: unused.join(', '), reason: 'The Worker reads and writes for encoders' });
  }
  await runEncoder(config, log, stopsOnSignals(process, config.DRAIN_SECONDS));
} catch (error) {
  log.error('encoder_failed', { reason: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
} finally {
  if (process.connected) {
    process.disconnect();
  }
}
