/**
 * The current version on state that earlier releases left behind (test/upgrade/capture.ts): with a session playing, a
 * viewer revoked, a webhook pending and a job whose encoder was killed.
 */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeJwt, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Api, createClient } from '../../../client/api.ts';
import { readSecrets } from '../../../scripts/secrets.ts';
import { signLink } from '../../../scripts/sign-link.ts';
import { type System, startSystem } from '../../../scripts/system.ts';
import { SessionTokens } from '../../../src/access/session-tokens.ts';
import { run } from '../../system/ffmpeg.ts';
import { untilReady } from '../../system/with-system.ts';
import { shiftTimes } from '../../upgrade/shift-times.ts';

/** Sessions of the first are JWTs, of the second sealed. */
const ARCHIVES = ['state-before-0.1.0', 'state-0.1.0'];
const PLAYER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };

const playedSchema = z.object({ session: z.string(), segment: z.string() });
const capturedSchema = z.object({
  capturedAtMs: z.int(),
  readyAsset: z.string(),
  underWayAsset: z.string(),
  webhook: z.string(),
  kept: playedSchema,
  revoked: playedSchema,
});

/** At time 0 nothing has expired. */
const resealed = async (token: string, tokens: SessionTokens, expiresAtSeconds: number): Promise<string> =>
  tokens.mint({ ...(await tokens.verify(token, 0)), expiresAtSeconds });

describe.each(ARCHIVES)('on %s', (name) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-upgrade-'));
  let captured: z.infer<typeof capturedSchema>;
  let system: System;
  let api: Api;
  const taken: { sequence: number; type: string }[] = [];
  const eventSchema = z.object({ sequence: z.int(), type: z.string() });
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    taken.push(eventSchema.parse(JSON.parse(Buffer.concat(chunks).toString())));
    response.writeHead(204).end();
    receiver.emit('taken');
  });

  beforeAll(async () => {
    const archive = fileURLToPath(new URL(`../../upgrade/${name}.tar.gz`, import.meta.url));
    await run('tar', ['-xzf', archive, '-C', stateDir]);
    captured = capturedSchema.parse(JSON.parse(readFileSync(join(stateDir, 'captured.json'), 'utf8')));
    shiftTimes(stateDir, Date.now() - captured.capturedAtMs);
    // Short leases: the board prolongs those of the killed encoder once, since it has itself been away.
    const vars = { WEBHOOK_LOOPBACK: 'on', LEASE_SECONDS: '3', HEARTBEAT_SECONDS: '0.2' };
    system = await startSystem({ port: 0, stateDir, encoders: 0, preset: 'ultrafast', vars, log: () => {} });
    api = createClient({ server: system.url, token: system.apiToken });
    // At once: a third attempt at the address in the archive would put the next one off by five minutes.
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const { port } = z.object({ port: z.int() }).parse(receiver.address());
    await api.call('PATCH /webhooks/{id}', {
      path: { id: captured.webhook },
      body: { url: `http://127.0.0.1:${port}/` },
    });
  });

  afterAll(async () => {
    await system?.close();
    receiver.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const get = (path: string): Promise<Response> => fetch(new URL(path, system.url), { headers: PLAYER });

  /** The session's token as that release would make it today: the one in the archive has expired since. */
  async function renewed({ session, segment }: z.infer<typeof playedSchema>): Promise<string> {
    const secret = readSecrets(stateDir)?.sessionSecret ?? '';
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const token = session.includes('.')
      ? await new SignJWT({ ...decodeJwt(session), exp })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode(secret))
      : await resealed(session, new SessionTokens(secret), exp);
    return segment.replace(session, token);
  }

  // Before a session of the archive plays: its counter has forgotten it since, and counts it again.
  it('goes on with the views that were counted', async () => {
    const views = await api.call('GET /assets/{id}/views', { path: { id: captured.readyAsset } });
    expect(views).toMatchObject({ views: 1 });
  });

  it('plays the sessions of that release, and refuses those that it had revoked', async () => {
    const playing = await get(await renewed(captured.kept));
    await playing.arrayBuffer();
    expect(playing.status).toBe(200);
    const revoked = await get(await renewed(captured.revoked));
    expect([revoked.status, await revoked.json()]).toMatchObject([403, { code: 'session_revoked' }]);
  });

  it('finishes the job that was under way, and delivers the pending events in order', async () => {
    system.addEncoder();
    const asset = await untilReady(api, captured.underWayAsset);
    const { hls } = await signLink(api, asset.id, 600);
    expect((await get(hls)).status).toBe(200);
    while (taken.at(-1)?.type !== 'asset.ready') {
      await once(receiver, 'taken', { signal: AbortSignal.timeout(60_000) });
    }
    expect(taken.map(({ sequence, type }) => [sequence, type])).toEqual([
      [1, 'asset.queued'],
      [2, 'asset.encoding'],
      [3, 'asset.ready'],
    ]);
  });
});
