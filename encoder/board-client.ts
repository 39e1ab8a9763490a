/** The TaskBoard over HTTP, as an encoder sees it. Outbound only; every answer is parsed. */
import {
  type Encoder,
  heartbeatResponseSchema,
  type Lease,
  leaseSchema,
  type TaskError,
} from '../src/contract/tasks.ts';
import { FinalError, type RetryPolicy, retry } from './retry.ts';

const REQUEST_TIMEOUT_MS = 15_000;
/** A result is hours of work: keep trying for about two minutes before giving it up. */
const REPORT_TRIES = 16;

/** The board no longer wants this task from us: somebody else has it, or the job is over. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** What the Worker answered where a call cannot succeed. */
export class BoardError extends Error {
  override readonly name = 'BoardError';
  readonly status: number;
  constructor(status: number, path: string, body: string) {
    super(`${path} was answered ${status}: ${body.slice(0, 500)}`);
    this.status = status;
  }
}

export class BoardClient {
  readonly #base: string;
  readonly #token: string;
  readonly #retry: RetryPolicy;

  constructor(url: string, token: string, policy: RetryPolicy = {}) {
    this.#base = `${url.replace(/\/+$/, '')}/v1`;
    this.#token = token;
    this.#retry = { tries: REPORT_TRIES, ...policy };
  }

  async lease(encoder: Encoder, signal: AbortSignal): Promise<Lease | null> {
    const response = await this.#post('/encoders/lease', { encoder }, signal);
    return response.status === 204 ? null : leaseSchema.parse(await response.json());
  }

  /** Whether to stop. Throws LeaseLost; any other error may pass. */
  async heartbeat(lease: Lease, progress: number, signal: AbortSignal): Promise<boolean> {
    const response = await this.#post(`/tasks/${lease.task.id}/heartbeat`, { lease: lease.lease, progress }, signal);
    return heartbeatResponseSchema.parse(await response.json()).cancel;
  }

  async complete(lease: Lease, result: unknown, signal: AbortSignal): Promise<void> {
    await this.#report(`/tasks/${lease.task.id}/complete`, { lease: lease.lease, result }, signal);
  }

  async fail(lease: Lease, error: TaskError, signal: AbortSignal): Promise<void> {
    await this.#report(`/tasks/${lease.task.id}/fail`, { lease: lease.lease, error }, signal);
  }

  async #report(path: string, body: unknown, signal: AbortSignal): Promise<void> {
    await retry(
      async () => {
        try {
          await this.#post(path, body, signal);
        } catch (error) {
          const final = error instanceof LeaseLost || (error instanceof BoardError && error.status < 500);
          throw final ? new FinalError('report', { cause: error }) : error;
        }
      },
      { signal, ...this.#retry },
    );
  }

  async #post(path: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const response = await fetch(this.#base + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    if (response.ok) {
      return response;
    }
    const text = await response.text();
    if (response.status === 409 || response.status === 404) {
      throw new LeaseLost(text);
    }
    throw new BoardError(response.status, path, text);
  }
}
