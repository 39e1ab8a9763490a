/** Explains why a call of the API failed. Pure. */
import { ApiError } from '../../../client/api.ts';
import type { Problem } from '../../../client/problem.ts';

export type CallFailure = Problem & {
  /** 0 if there was no answer. */
  status: number;
};

/** Takes any error: an answer that the page cannot read is a failed call, too. */
export function callFailureOf(error: unknown): CallFailure {
  if (!(error instanceof ApiError)) {
    return {
      status: 0,
      code: 'unreadable',
      title: WRONG_ANSWER,
      detail: 'This page may be older than the server. Reload it.',
    };
  }
  const { status, problem } = error;
  if (status === 0) {
    const detail = 'Check your connection, and that the server is running.';
    return { status, code: 'network', title: 'The server cannot be reached', detail };
  }
  return { status, ...(problem ?? { code: 'network', title: WRONG_ANSWER, detail: `Status ${status}` }) };
}

const WRONG_ANSWER = 'Unexpected answer from the server';
