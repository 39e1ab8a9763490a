/** A real job, told to a receiver through the real queue, and followed live. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { followJob, type JobProgress } from '../../../client/follow-job.ts';
import { ffmpeg, words } from '../../system/ffmpeg.ts';
import { withSystem } from '../../system/with-system.ts';

const eventSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  sequence: z.int(),
  data: z.object({ asset: z.looseObject({ id: z.string(), status: z.string() }) }),
});

it('tells a receiver that fails once every state in order, signed, and shows progress that only grows', async () => {
  const taken: { event: z.infer<typeof eventSchema>; signed: boolean }[] = [];
  let secret = '';
  let failures = 1;
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks).toString();
    if (failures > 0) {
      failures -= 1;
      response.writeHead(503).end();
      return;
    }
    const content = `${request.headers['webhook-id']}.${request.headers['webhook-timestamp']}.${body}`;
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const signature = `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
    taken.push({
      event: eventSchema.parse(JSON.parse(body)),
      signed: request.headers['webhook-signature'] === signature,
    });
    response.writeHead(204).end();
    receiver.emit('taken');
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as { port: number };

  const folder = mkdtempSync(join(tmpdir(), 'sluice-events-'));
  const clip = join(folder, 'clip.mp4');
  await ffmpeg(
    ...words('-f lavfi -i testsrc2=size=426x240:rate=25 -t 20 -pix_fmt yuv420p -c:v libx264 -preset ultrafast'),
    clip,
  );

  await withSystem({ vars: { WEBHOOK_LOOPBACK: 'on', HEARTBEAT_SECONDS: '0.2' } }, async (system) => {
    const url = `http://127.0.0.1:${port}/`;
    ({ secret } = await system.api.call('POST /webhooks', { body: { url } }));

    const ingested = system.ingest(clip);
    const looked: JobProgress[] = [];
    let job: string | undefined;
    while (job === undefined) {
      job = (await system.api.call('GET /jobs')).jobs[0]?.id;
    }
    await followJob(system.api, job, (progress) => looked.push(progress));
    const asset = await ingested;

    while (taken.at(-1)?.event.type !== 'asset.ready') {
      await once(receiver, 'taken', { signal: AbortSignal.timeout(60_000) });
    }
    expect(taken.map(({ event }) => [event.sequence, event.type])).toEqual([
      [1, 'asset.queued'],
      [2, 'asset.ready_source'],
      [3, 'asset.encoding'],
      [4, 'asset.ready'],
    ]);
    expect(taken.every(({ signed, event }) => signed && event.data.asset.id === asset.id)).toBe(true);
    const values = looked.map(({ progress }) => progress);
    expect(values.at(-1)).toBe(1);
    expect(values).toEqual([...values].sort((a, b) => a - b));
  });
  receiver.close();
  rmSync(folder, { recursive: true });
});
