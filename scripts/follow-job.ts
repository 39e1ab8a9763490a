/** Reads a job's server-sent events with fetch, which unlike EventSource can carry a bearer token; comes back until it ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const progressSchema = z.object({
  progress: z.number(),
  fps: z.number().nullable(),
  speed: z.number().nullable(),
  etaSeconds: z.number().nullable(),
});
export type JobProgress = z.infer<typeof progressSchema>;

const ENDED = /^(done|failed|cancelled)\./;
const RECONNECT_MS = 1_000;
/** Half a minute of failed attempts is a Worker that will not come back. */
const FAILURES_MAX = 30;
/** The first event of a job of 500 tasks has about 100 KB. */
const EVENT_LENGTH_MAX = 1024 * 1024;

/** Resolves when the job has ended, or the signal aborts; throws when the Worker does not answer any more. */
export async function followJob(
  { url, apiToken }: { url: string; apiToken: string },
  job: string,
  show: (progress: JobProgress) => void,
  signal?: AbortSignal,
): Promise<void> {
  const stopped = () => signal?.aborted ?? false;
  let lastId = '';
  let failures = 0;
  while (!stopped()) {
    try {
      const response = await fetch(new URL(`/v1/jobs/${job}/events`, url), {
        headers: { authorization: `Bearer ${apiToken}`, ...(lastId === '' ? {} : { 'last-event-id': lastId }) },
        ...(signal === undefined ? {} : { signal }),
      });
      if (response.status === 204 || response.status === 404) {
        return;
      }
      if (!response.ok || response.body === null) {
        throw new Error(`events of job ${job}: ${response.status}`);
      }
      for await (const { event, id, data } of messagesOf(response.body)) {
        lastId = id ?? lastId;
        failures = 0;
        if (event === 'progress') {
          show(progressSchema.parse(JSON.parse(data)));
        }
      }
      if (ENDED.test(lastId)) {
        return;
      }
    } catch (error) {
      failures += 1;
      if (stopped()) {
        return;
      }
      if (failures > FAILURES_MAX) {
        throw error;
      }
    }
    await sleep(RECONNECT_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

type Message = { event: string | undefined; id: string | undefined; data: string };

/** As far as our own server goes: one line for each field, `\n` at the end of each. */
async function* messagesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => [line.split(': ', 1)[0], line.replace(/^\w*: /, '')]),
      );
      text = text.slice(end + 2);
      const data = fields.get('data');
      if (data !== undefined) {
        yield { event: fields.get('event'), id: fields.get('id'), data };
      }
    }
    if (text.length > EVENT_LENGTH_MAX) {
      throw new Error('an event without an end');
    }
  }
}
