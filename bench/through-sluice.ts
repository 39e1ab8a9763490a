/** Encodes a file with the whole system: the real Worker and one encoder process, from the upload to `ready`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Api, createClient } from '../client/api.ts';
import { ingestFile, untilReady } from '../scripts/ingest.ts';
import { signLink } from '../scripts/sign-link.ts';
import { type System, startSystem } from '../scripts/system.ts';
import type { Measured } from './measure-command.ts';
import { idleShare, liveTreeCpuSeconds, machineTime, treeCpuSeconds } from './process-cpu.ts';
import { Timeline } from './timeline.ts';

/** Rare, because each poll takes CPU from the encoder. The event log has the exact time of `ready`. */
const POLL_MS = 500;
/** An hour for a clip, so that a benchmark that hangs ends. */
const DEADLINE_MS = 3_600_000;

export type ThroughSluice = Measured & { workerCpuSeconds: number };

/** Downloads each track as a player would, into `{track}.mp4`. Returns the total size. */
async function downloadTracks(system: System, api: Api, assetId: string, directory: string): Promise<number> {
  const { hls } = await signLink(api, assetId, 3600);
  const multivariant = await (await fetch(hls)).text();
  const uris = [...multivariant.matchAll(/^(?:\/s\/\S+\.m3u8)$|URI="(\/s\/[^"]+\.m3u8)"/gm)].map(
    ([line, uri]) => uri ?? line,
  );
  let bytes = 0;
  for (const uri of new Set(uris.filter((path) => !path.endsWith('/iframes.m3u8')))) {
    const url = new URL(uri, system.url);
    const playlist = await (await fetch(url)).text();
    const files = [...playlist.matchAll(/^[^#\s]\S*$|#EXT-X-MAP:URI="([^"]+)"/gm)].map(([line, map]) => map ?? line);
    const pieces = await Promise.all(
      files.map(async (file) => Buffer.from(await (await fetch(new URL(file, url))).arrayBuffer())),
    );
    const track = Buffer.concat(pieces);
    bytes += track.byteLength;
    writeFileSync(join(directory, `${basename(uri, '.m3u8')}.mp4`), track);
  }
  return bytes;
}

/**
 * Encodes the file and writes its published tracks into `directory`. The encoder runs before the clock starts, as in
 * production. `cpuSeconds` is that of the encoder and its programs; the local Worker's CPU is separate.
 */
export async function encodeThroughSluice(
  path: string,
  preset: string,
  directory: string,
  wantsTimeline: boolean,
): Promise<ThroughSluice> {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  let timeline: Timeline | undefined;
  const started = Promise.withResolvers<void>();
  const system = await startSystem({
    ...{ port: 0, stateDir, encoders: 0, preset },
    log: ({ source, level, text }) => {
      if (level === 'error') {
        console.error(`${source}: ${text}`);
      } else if (source.startsWith('encoder')) {
        timeline?.noteLog(text);
        if (text.includes('"encoder_started"')) {
          started.resolve();
        }
      }
    },
  });
  try {
    const encoder = system.addEncoder();
    await Promise.race([
      started.promise,
      encoder.ended.then((how) => Promise.reject(new Error(`the encoder ended with ${how}`))),
    ]);
    const api = createClient({ server: system.url, token: system.apiToken });
    const cpu = () => ({
      encoder: treeCpuSeconds(encoder.pid),
      worker: liveTreeCpuSeconds(process.pid, encoder.pid),
    });
    const [cpuBefore, machineBefore, startedMs] = [cpu(), machineTime(), Date.now()];
    timeline = wantsTimeline ? new Timeline(encoder.pid) : undefined;
    timeline?.note('upload of the source, POST /v1/assets');
    const { id } = await ingestFile({ path, api });
    timeline?.note('accepted');
    await untilReady(() => api.call('GET /assets/{id}', { path: { id } }), {
      pollMs: POLL_MS,
      deadlineMs: DEADLINE_MS,
    });
    const { events } = await api.call('GET /events', { query: { asset: id } });
    const [cpuAfter, machineAfter] = [cpu(), machineTime()];
    for (const { type, timestamp } of events) {
      timeline?.note(type, Date.parse(timestamp));
    }
    timeline?.end();
    timeline?.print();
    const readyAt = events.find(({ type }) => type === 'asset.ready')?.timestamp ?? '';
    return {
      wallSeconds: (Date.parse(readyAt) - startedMs) / 1000,
      cpuSeconds: cpuAfter.encoder - cpuBefore.encoder,
      workerCpuSeconds: cpuAfter.worker - cpuBefore.worker,
      bytes: await downloadTracks(system, api, id, directory),
      idle: idleShare(machineBefore, machineAfter),
    };
  } finally {
    timeline?.end();
    await system.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}
