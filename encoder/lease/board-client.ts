/** The TaskBoard's HTTP calls, as an encoder makes them. Every answer is parsed. */
import {
  type Encoder,
  GRANT_HEADER,
  heartbeatResponseSchema,
  type Lease,
  leaseSchema,
  MAX_WAIT_SECONDS,
  type TaskError,
} from '../../src/protocol/tasks.ts';
import { FinalError, type RetryPolicy, retry } from '../failure/retry.ts';

const REQUEST_TIMEOUT_MS = 15_000;
/** A longer `Retry-After` is taken for a mistake: it would put a whole fleet to sleep. */
const MAX_RETRY_AFTER_MS = 60_000;
/** About two minutes of tries: a result may be hours of work. */
const REPORT_TRIES = 16;

/** The board has given the task to another encoder, or the job is over. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The Worker is of a version whose encoders had keys of the bucket, so it sends no grants. */
export class OutdatedWorker extends Error {
  override readonly name = 'OutdatedWorker';
}

/** The Worker refused a call. */
export class BoardError extends Error {
  override readonly name = 'BoardError';
  readonly status: number;
  /** From `Retry-After`. */
  readonly retryAfterMs: number | null;
  constructor(status: number, path: string, body: string, retryAfterMs: number | null) {
    super(`${path} was answered ${status}: ${body.slice(0, 500)}`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether trying again may help. */
  get isPassing(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** RFC 9110 10.2.3, seconds only: a date would need two clocks that agree. */
function retryAfterOf(response: Response): number | null {
  const seconds = /^\d{1,9}$/.exec(response.headers.get('retry-after') ?? '')?.[0];
  return seconds === undefined ? null : Math.min(MAX_RETRY_AFTER_MS, Number(seconds) * 1000);
}

/** A task, or the pause that the board asks for before the next request. */
export type LeaseReply =
  | { lease: Lease; grant: string; retryAfterMs: null }
  | { lease: null; retryAfterMs: number | null };

/** `grant` replaces the lease's grant. */
export type HeartbeatReply = { cancel: boolean; grant: string | null };

export class BoardClient {
  readonly #base: string;
  readonly #token: string;
  readonly #retry: RetryPolicy;
  readonly #onCall: () => void;

  /** Calls `onCall` before each request. */
  constructor(url: string, token: string, policy: RetryPolicy = {}, onCall: () => void = () => {}) {
    this.#base = `${url.replace(/\/+$/, '')}/v1`;
    this.#token = token;
    this.#retry = { tries: REPORT_TRIES, ...policy };
    this.#onCall = onCall;
  }

  /** The board may hold the request for `waitSeconds` while it has no work. Throws OutdatedWorker. */
  async lease(encoder: Encoder, waitSeconds: number, signal: AbortSignal): Promise<LeaseReply> {
    const wait = Math.min(MAX_WAIT_SECONDS, waitSeconds);
    const body = { encoder, ...(wait > 0 ? { waitSeconds: wait } : {}) };
    const response = await this.#post('/encoders/lease', body, signal, REQUEST_TIMEOUT_MS + wait * 1000);
    if (response.status === 204) {
      return { lease: null, retryAfterMs: retryAfterOf(response) };
    }
    const lease = leaseSchema.parse(await response.json());
    const grant = response.headers.get(GRANT_HEADER);
    if (grant === null) {
      await this.fail(lease, { code: 'handed_back', message: 'The encoder is newer than the Worker' }, signal);
      throw new OutdatedWorker(
        'The Worker at SLUICE_URL is older than this encoder and grants it no objects: deploy the Worker first',
      );
    }
    return { lease, grant, retryAfterMs: null };
  }

  /** Throws LeaseLost. After any other error the next heartbeat may succeed. */
  async heartbeat(lease: Lease, progress: number, signal: AbortSignal): Promise<HeartbeatReply> {
    const response = await this.#post(`/tasks/${lease.task.id}/heartbeat`, { lease: lease.lease, progress }, signal);
    const { cancel } = heartbeatResponseSchema.parse(await response.json());
    return { cancel, grant: response.headers.get(GRANT_HEADER) };
  }

  async complete(lease: Lease, result: unknown, signal: AbortSignal): Promise<void> {
    await this.#report(`/tasks/${lease.task.id}/complete`, { lease: lease.lease, result }, signal);
  }

  async fail(lease: Lease, error: TaskError, signal: AbortSignal): Promise<void> {
    await this.#report(`/tasks/${lease.task.id}/fail`, { lease: lease.lease, error }, signal);
  }

  async #report(path: string, body: unknown, signal: AbortSignal): Promise<void> {
    const attempt = (): Promise<Response> =>
      this.#post(path, body, signal).catch((error: unknown) => {
        const isFinal = error instanceof LeaseLost || (error instanceof BoardError && !error.isPassing);
        throw isFinal ? new FinalError('report', { cause: error }) : error;
      });
    await retry(attempt, { signal, ...this.#retry });
  }

  async #post(path: string, body: unknown, signal: AbortSignal, timeoutMs = REQUEST_TIMEOUT_MS): Promise<Response> {
    this.#onCall();
    const response = await fetch(this.#base + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (response.ok) {
      return response;
    }
    const text = await response.text();
    if (response.status === 409 || response.status === 404) {
      throw new LeaseLost(text);
    }
    throw new BoardError(response.status, path, text, retryAfterOf(response));
  }
}
