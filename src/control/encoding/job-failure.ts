/** Why a job failed. The workflow engine keeps nothing of an error but its message, so the code is in the message. */

import { NonRetryableError } from 'cloudflare:workflows';
import { log } from '../../platform/log.ts';

/** Longer messages are cut. */
const MAX_MESSAGE = 2_000;
const MARK = 'job-failure:';

/** Thrown inside or outside a step: the step is not retried and the job fails with this code. */
export class JobFailure extends NonRetryableError {
  constructor(code: string, message: string) {
    super(`${MARK}${JSON.stringify({ code, message: message.slice(0, MAX_MESSAGE) })}`);
  }
}

/** What a JobFailure says; null for other errors. */
export function failureOf(error: unknown): { code: string; message: string } | null {
  const text = error instanceof Error ? error.message : String(error);
  const at = text.indexOf(MARK);
  if (at < 0) {
    return null;
  }
  try {
    const { code, message } = JSON.parse(text.slice(at + MARK.length));
    return { code: String(code), message: String(message) };
  } catch {
    // The engine may have cut the message: still a failure.
    return null;
  }
}

/** The `{code, message}` a failed job shows. Anything but a JobFailure is `internal`; its text goes to the log only. */
export function jobErrorOf(error: unknown, job: { jobId: string; assetId: string }): { code: string; message: string } {
  const failure = failureOf(error);
  if (failure !== null) {
    return failure;
  }
  const reason = error instanceof Error ? error.message : String(error);
  log.error({ event: 'job_failed', job: job.jobId, asset: job.assetId, reason });
  return { code: 'internal', message: 'The job failed for a reason of ours; the log has it' };
}
