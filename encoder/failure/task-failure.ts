/** Failures of tasks, with the codes of the TaskBoard. */
import type { TaskError, TaskErrorCode } from '../../src/protocol/tasks.ts';

/** The contract's limits. */
const MAX_MESSAGE = 1_000;
const MAX_DETAIL = 8_000;

export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly code: TaskErrorCode;
  /** The tail of a program's stderr. */
  readonly detail: string | undefined;

  constructor(code: TaskErrorCode, message: string, options: { detail?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
  }
}

/** errno(3): no space on the disk, or none within the user's quota. */
const DISK_FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

/** Errors that are no TaskFailure are `resource_limit` if the disk is full, else `internal`. */
export function taskErrorOf(error: unknown): TaskError {
  if (error instanceof TaskFailure) {
    const { code, message, detail } = error;
    const tail = detail === undefined ? {} : { detail: detail.slice(-MAX_DETAIL) };
    return { code, message: message.slice(0, MAX_MESSAGE), ...tail };
  }
  const code = error instanceof Error && 'code' in error && DISK_FULL.has(error.code) ? 'resource_limit' : 'internal';
  return { code, message: String(error).slice(0, MAX_MESSAGE) };
}
