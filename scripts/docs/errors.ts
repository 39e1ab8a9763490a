/** The tables of docs/reference/error-codes.md: codes, statuses and titles from the code, what to do from error-meanings.ts. */
import { ERRORS, type ErrorCode } from '../../src/errors.ts';
import { TASK_ERRORS, type TaskErrorCode } from '../../src/protocol/tasks.ts';
import { ERROR_MEANINGS, TASK_ERROR_MEANINGS } from './error-meanings.ts';
import { markdownTable } from './markdown.ts';

export const errorBlocks = {
  errors: () =>
    markdownTable(
      ['code', 'status', 'title', 'when, and what to do'],
      (Object.keys(ERRORS) as ErrorCode[]).map((code) => [
        `\`${code}\``,
        String(ERRORS[code].status),
        ERRORS[code].title,
        ERROR_MEANINGS[code],
      ]),
    ),
  'task-errors': () =>
    markdownTable(
      ['code', 'tried again', 'title', 'what to do'],
      (Object.keys(TASK_ERRORS) as TaskErrorCode[]).map((code) => [
        `\`${code}\``,
        TASK_ERRORS[code].final ? 'no' : 'yes',
        TASK_ERRORS[code].title,
        TASK_ERROR_MEANINGS[code],
      ]),
    ),
};
