/** A job's stream as a script follows it: taken up where it broke off, and left when the job has ended. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createClient } from '../../client/api.ts';
import { followJob } from '../../client/follow-job.ts';

const told = (event: string, id: string, data: object) =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/** Answers each connection with the next of these. Resolves with the `Last-Event-ID` of each, and the progress shown. */
async function follow(answers: readonly { status: number; body: string }[]) {
  const seen: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    const { status, body } = answers[seen.length] ?? { status: 500, body: '' };
    seen.push(headers['last-event-id']?.toString());
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const shown: number[] = [];
  await followJob(createClient({ server: url, token: 'token' }), 'job', ({ progress }) => shown.push(progress));
  server.close();
  return { seen, shown };
}

test('a stream that ends is taken up after its last event, until the job has ended', async () => {
  const running =
    told('state', 'running.0', { status: 'running' }) + told('progress', 'running.500000', { progress: 0.5 });
  const done = told('progress', 'running.1000000', { progress: 1 }) + told('state', 'done.1000000', { status: 'done' });
  expect(
    await follow([
      { status: 200, body: running },
      { status: 503, body: '' },
      { status: 200, body: done },
    ]),
  ).toEqual({
    seen: [undefined, 'running.500000', 'running.500000'],
    shown: [0.5, 1],
  });
});

test('a job that is gone is left', async () => {
  expect(await follow([{ status: 404, body: '{"code":"job_not_found"}' }])).toEqual({ seen: [undefined], shown: [] });
});
