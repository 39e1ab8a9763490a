/** The stream of a job against a job that is played, with the clock in the test's hands; and the estimator under it. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JobRow } from '../../../../src/catalog/rows.ts';
import { jobEvents, jobStreamSchema, parseEventId, type Seen } from '../../../../src/control/jobs/job-stream.ts';
import { SpeedEstimator } from '../../../../src/control/jobs/speed.ts';
import { MAX_STREAM_MS } from '../../../../src/http/event-stream.ts';
import { call, createAsset, problemOf } from '../../http/client.ts';

describe('an estimate', () => {
  const at = (second: number, progress: number) => ({
    atMs: second * 1000,
    progress,
    frames: progress * 2400,
    seconds: progress * 100,
  });

  test('of a steady job is its rate, and the rest at that rate', () => {
    const estimator = new SpeedEstimator();
    for (let second = 0; second <= 50; second += 1) {
      estimator.add(at(second, second / 100));
    }
    const { fps, realtime, etaSeconds } = estimator.speed();
    expect([fps, realtime, etaSeconds].map((value) => Number(value?.toFixed(6)))).toEqual([24, 1, 50]);
  });

  test('is not made from one look, nor of a job that stands', () => {
    const unknown = { fps: null, realtime: null, etaSeconds: null };
    const estimator = new SpeedEstimator();
    expect(estimator.speed()).toEqual(unknown);
    estimator.add(at(0, 0));
    estimator.add(at(1, 0.5));
    expect(estimator.speed()).toEqual(unknown);
    const standing = new SpeedEstimator();
    standing.add(at(0, 0.5));
    standing.add(at(60, 0.5));
    expect(standing.speed()).toEqual(unknown);
  });

  test('follows a fleet that grows within a minute', () => {
    const estimator = new SpeedEstimator();
    for (let second = 0; second <= 100; second += 1) {
      estimator.add(at(second, second / 1000));
    }
    for (let second = 1; second <= 60; second += 1) {
      estimator.add(at(100 + second, 0.1 + second / 100));
    }
    expect(estimator.speed().etaSeconds).toBeGreaterThan(30);
    expect(estimator.speed().etaSeconds).toBeLessThan(32);
  });

  test('is never negative, whatever is seen', () => {
    const sample = fc.record({
      atMs: fc.nat(),
      progress: fc.double({ min: 0, max: 1, noNaN: true }),
      frames: fc.nat(),
      seconds: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(sample), (samples) => {
        const estimator = new SpeedEstimator();
        for (const one of samples) {
          estimator.add(one);
          for (const value of Object.values(estimator.speed())) {
            expect(value === null || (Number.isFinite(value) && value >= 0)).toBe(true);
          }
        }
      }),
    );
  });
});

const JOB: JobRow = {
  id: 'job',
  asset_id: 'film',
  version: 'v1',
  status: 'running',
  priority: 50,
  retry_of: null,
  track: null,
  source_key: null,
  source_url: null,
  options: null,
  look: null,
  error_code: null,
  error_message: null,
  warnings: null,
  created_at: 0,
  updated_at: 0,
};

type Moment = { status?: JobRow['status']; progress: number };

/** One moment for each look; the last one goes on. */
async function play(moments: Moment[], seen: Seen | null = null) {
  let look = 0;
  let now = 0;
  const moment = () => moments[Math.min(look, moments.length - 1)] ?? { progress: 0 };
  const source = {
    readJob: async () => ({ ...JOB, status: moment().status ?? ('running' as const) }),
    readSummary: async () => ({
      progress: moment().progress,
      tasks: ['a', 'b'].map((id, index) => ({
        id,
        kind: 'chunk' as const,
        state: 'leased' as const,
        attempt: 1,
        failures: 0,
        progress: index === 0 ? moment().progress : 0,
        encoder: 'enc',
        error: null,
      })),
    }),
    readFrames: async () => ['a', 'b'].map((id) => ({ id, frames: 240, seconds: 10 })),
    now: () => now,
    wait: async (ms: number) => {
      now += ms;
      look += 1;
    },
  };
  const events: { event: string; id: string; data: Record<string, unknown> }[] = [];
  let comments = 0;
  for await (const text of jobEvents(source, seen)) {
    const [, event, id, data] = /^event: (\w+)\nid: (\S+)\ndata: (.+)\n\n$/.exec(text) ?? [];
    if (event !== undefined && id !== undefined && data !== undefined) {
      const told = { event, id, data: JSON.parse(data) };
      // As the OpenAPI document says.
      expect(jobStreamSchema.safeParse(told)).toMatchObject({ success: true, data: told });
      events.push(told);
    } else {
      expect(text).toMatch(/^(retry: 1000|: still here)\n\n$/);
      comments += text.startsWith(':') ? 1 : 0;
    }
  }
  return { events, comments, lasted: now };
}

describe('a stream', () => {
  test('tells the state, progress as it goes, the tasks that changed, and ends with the job', async () => {
    const { events } = await play([
      { status: 'queued', progress: 0 },
      { progress: 0.25 },
      { progress: 0.25 },
      { progress: 0.5 },
      { status: 'done', progress: 1 },
    ]);
    expect(events.filter(({ event }) => event === 'state').map(({ data }) => data['status'])).toEqual([
      'queued',
      'running',
      'done',
    ]);
    const progress = events.filter(({ event }) => event === 'progress').map(({ data }) => data);
    expect(progress.map((data) => [data['progress'], data['frames'], data['totalFrames']])).toEqual([
      [0, 0, 480],
      [0.25, 60, 480],
      [0.5, 120, 480],
      [1, 240, 480],
    ]);
    expect(progress.map(({ tasks }) => (tasks as { id: string }[]).map(({ id }) => id))).toEqual([
      ['a', 'b'],
      ['a'],
      ['a'],
      ['a'],
    ]);
    expect(progress.at(-1)).toMatchObject({ etaSeconds: 0 });
    expect(events.at(-1)).toMatchObject({ event: 'state', id: 'done.1000000' });
  });

  test('that is taken up again repeats no state and does not fall behind what was seen', async () => {
    const seen = parseEventId('running.500000');
    const { events } = await play([{ progress: 0.4 }, { progress: 0.6 }, { status: 'failed', progress: 0.6 }], seen);
    expect(events.map(({ event, data }) => [event, data['progress']])).toEqual([
      ['progress', 0.5],
      ['progress', 0.6],
      ['state', 0.6],
    ]);
  });

  test('of a job that stands says every 15 seconds that it is still there, and ends after five minutes', async () => {
    const { events, comments, lasted } = await play([{ progress: 0.3 }]);
    expect(events).toHaveLength(2);
    expect(comments).toBe(19);
    expect(lasted).toBe(MAX_STREAM_MS);
  });

  test.each(['', 'running', 'running.', 'running.-1', 'done.99999999', 'nonsense.1'])(
    'knows no event of id %j',
    (id) => {
      expect(parseEventId(id)).toBeNull();
    },
  );
});

describe('GET /v1/jobs/{id}/events', () => {
  test('is an event stream that nobody may store, and ends with the job', async () => {
    const { job } = await createAsset('streamed');
    await call('POST', `/v1/jobs/${job.id}/cancel`);
    const { status, headers, body } = await call('GET', `/v1/jobs/${job.id}/events`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(headers.get('cache-control')).toBe('no-store');
    const [, id] = /event: state\nid: (\S+)\ndata: \{"id"/.exec(String(body)) ?? [];
    expect(id).toMatch(/^cancelled\./);
    const again = await call('GET', `/v1/jobs/${job.id}/events`, { headers: { 'last-event-id': id ?? '' } });
    expect(again).toMatchObject({ status: 204, body: null });
  });

  test('asked for by HEAD takes no place', async () => {
    const { job } = await createAsset('asked');
    const path = `/v1/jobs/${job.id}/events`;
    const answers = await Promise.all(Array.from({ length: 101 }, () => call('HEAD', path)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    await call('POST', `/v1/jobs/${job.id}/cancel`);
    expect((await call('GET', path)).status).toBe(200);
  });

  test('of a job that does not exist is 404, and needs the token', async () => {
    expect(problemOf(await call('GET', '/v1/jobs/nope/events'))).toEqual([404, 'job_not_found']);
    expect(problemOf(await call('GET', '/v1/jobs/nope/events', { token: null }))).toEqual([401, 'unauthorized']);
  });
});
