/**
 * Makes the state that the upgrade test starts from: run it on a release, before that release is replaced.
 *
 *   node_modules/.bin/node test/upgrade/capture.ts test/upgrade/state-0.1.0.tar.gz
 *
 * The state holds a ready asset with views, a revoked session, a webhook endpoint with pending deliveries, and a job
 * whose encoder was killed after its first chunk. `captured.json` beside it names what the test asks for.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createClient } from '../../client/api.ts';
import { ingestFile } from '../../scripts/ingest.ts';
import { startSystem } from '../../scripts/system.ts';
import { ffmpeg, run, words } from '../system/ffmpeg.ts';

/** Grey silence: the archive is in the repository, so its objects should be small. */
const SOURCE =
  '-f lavfi -i color=gray:size=160x120:rate=10 -f lavfi -i anullsrc -pix_fmt yuv420p -c:v libx264 -preset ultrafast -c:a aac';
const READY_SECONDS = 4;
const UNDER_WAY_SECONDS = 16;
/** A plain browser: Node's own user agent is a declared bot, whose sessions are not counted. */
const PLAYER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
const DEADLINE_MS = 120_000;

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await sleep(50)) {
    const found = await look();
    if (found !== null) {
      return found;
    }
  }
  throw new Error(`not in time: ${what}`);
}

const [out = 'state.tar.gz'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'sluice-capture-'));
const stateDir = join(folder, 'state');
const receiver = createServer((_request, response) => response.writeHead(503).end()).listen(0, '127.0.0.1');
await new Promise((resolve) => receiver.once('listening', resolve));
const receiverPort = z.object({ port: z.int() }).parse(receiver.address()).port;

const clip = async (name: string, seconds: number): Promise<string> => {
  const path = join(folder, `${name}.mp4`);
  await ffmpeg(...words(SOURCE), '-t', String(seconds), path);
  return path;
};

// One chunk at a time, so that the encoder can be killed between two of them.
process.env['ENCODER_SLOTS'] = '1';
const system = await startSystem({
  port: 0,
  stateDir,
  encoders: 0,
  preset: 'ultrafast',
  vars: {
    CHUNK_SEGMENTS: '1',
    EARLY_RENDITION: 'off',
    LEASE_SECONDS: '5',
    HEARTBEAT_SECONDS: '0.2',
    WEBHOOK_LOOPBACK: 'on',
  },
  log: ({ source, text }) => console.error(`${source}: ${text}`),
});
const api = createClient({ server: system.url, token: system.apiToken });
const text = async (path: string): Promise<string> =>
  (await fetch(new URL(path, system.url), { headers: PLAYER })).text();

const first = system.addEncoder();
const ready = await ingestFile({ path: await clip('ready', READY_SECONDS), api });
await until('ready', async () =>
  (await api.call('GET /assets/{id}', { path: { id: ready.id } })).status === 'ready' ? true : null,
);

/** A playback session of the ready asset: the path of its playlists and one segment of the picture. */
const play = async (viewer: string) => {
  const body = { expiresIn: 3600, viewer };
  const link = await api.call('POST /assets/{id}/links', { path: { id: ready.id }, body });
  const main = await text('hls' in link ? link.hls : '');
  const playlist = /^\/s\/\S+\/v\d+\.m3u8$/m.exec(main)?.[0] ?? '';
  const session = playlist.split('/')[2] ?? '';
  const segment = /^\S+\.m4s$/m.exec(await text(playlist))?.[0] ?? '';
  return { session, segment: new URL(segment, new URL(playlist, system.url)).pathname };
};
const kept = await play('kept-viewer');
await text(kept.segment);
const revoked = await play('revoked-viewer');
await api.call('POST /revocations', {
  body: { kind: 'viewer', value: 'revoked-viewer', expiresAt: '2060-01-01T00:00:00Z' },
});
await until('a view', async () =>
  (await api.call('GET /assets/{id}/views', { path: { id: ready.id } })).views === 1 ? true : null,
);

const webhook = await api.call('POST /webhooks', { body: { url: `http://127.0.0.1:${receiverPort}/` } });
const underWay = await ingestFile({ path: await clip('under-way', UNDER_WAY_SECONDS), api });
const job = { path: { id: underWay.job?.id ?? '' } };
await until('one chunk is done', async () => {
  const { tasks } = await api.call('GET /jobs/{id}', job);
  return tasks.some(({ kind, state }) => kind === 'chunk' && state === 'done') ? true : null;
});
process.kill(-first.pid, 'SIGKILL');
const { tasks } = await api.call('GET /jobs/{id}', job);
await system.close();
receiver.close();

const capturedAtMs = Date.now();
const captured = {
  capturedAtMs,
  readyAsset: ready.id,
  underWayAsset: underWay.id,
  job: job.path.id,
  webhook: webhook.id,
  kept,
  revoked,
};
writeFileSync(join(stateDir, 'captured.json'), `${JSON.stringify(captured, null, 2)}\n`);
console.error(tasks.map(({ kind, state }) => `${kind} ${state}`).join(', '));
for (const name of ['temporary', 'wrangler-logs', 'worker.lock', 'v3/cache', 'v3/observability']) {
  rmSync(join(stateDir, name), { recursive: true, force: true });
}
await run('tar', ['-C', stateDir, '-czf', out, '.']);
rmSync(folder, { recursive: true });
process.exit(0);
