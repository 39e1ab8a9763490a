/** Why a task cannot be done, with a code that the TaskBoard understands. Anything else thrown is `internal`. */
import type { TaskError, TaskErrorCode } from '../../src/protocol/tasks.ts';

/** The contract's bounds on what is told. */
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

/** errno(3): no space, or none within the user's quota. */
const DISK_FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

export function taskErrorOf(error: unknown): TaskError {
  if (error instanceof TaskFailure) {
    const detail = error.detail?.slice(-MAX_DETAIL);
    return {
      code: error.code,
      message: error.message.slice(0, MAX_MESSAGE),
      ...(detail === undefined ? {} : { detail }),
    };
  }
  const code = error instanceof Error && 'code' in error && DISK_FULL.has(error.code) ? 'resource_limit' : 'internal';
  return { code, message: String(error).slice(0, MAX_MESSAGE) };
}
