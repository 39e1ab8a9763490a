/** Follows a job's progress over its event stream, and reopens the stream until the job ends. */
import { type Api, ApiError, type StreamEvent } from './api.ts';
import type { Schemas } from './api-types.ts';
import { pause } from './pause.ts';

export type JobProgress = Schemas['JobProgress'];

const RECONNECT_MS = 1_000;
/** After half a minute of failed attempts the Worker counts as gone. */
const FAILURES_MAX = 30;

const hasEnded = (event: StreamEvent<'GET /jobs/{id}/events'>): boolean =>
  event.event === 'state' && event.data.status !== 'queued' && event.data.status !== 'running';

/** Resolves when the job has ended or does not exist, or the signal aborts. Throws when the Worker stops answering. */
export async function followJob(
  api: Api,
  job: string,
  show: (progress: JobProgress) => void,
  signal?: AbortSignal,
): Promise<void> {
  const stopped = () => signal?.aborted ?? false;
  const options = { path: { id: job }, ...(signal === undefined ? {} : { signal }) };
  let header: { 'last-event-id'?: string } = {};
  let failures = 0;
  while (!stopped()) {
    try {
      for await (const event of api.follow('GET /jobs/{id}/events', { ...options, header })) {
        header = { 'last-event-id': event.id };
        failures = 0;
        if (event.event === 'progress') {
          show(event.data);
        }
        if (hasEnded(event)) {
          return;
        }
      }
    } catch (error) {
      failures += 1;
      if (stopped() || (error instanceof ApiError && error.status === 404)) {
        return;
      }
      if (failures > FAILURES_MAX) {
        throw error;
      }
    }
    await pause(RECONNECT_MS, signal);
  }
}
