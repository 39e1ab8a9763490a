/** Why a call of the API failed, in words for people. Pure. */
import { ApiError } from '../../../client/api.ts';
import type { Problem } from '../../../client/problem.ts';

export type CallFailure = Problem & {
  /** 0 where no answer came. */
  status: number;
};

/** Takes any error: an answer that the page cannot show is a failed call too. */
export function callFailureOf(error: unknown): CallFailure {
  if (!(error instanceof ApiError)) {
    return {
      status: 0,
      code: 'unreadable',
      title: WRONG_ANSWER,
      detail: 'This page may be older than the server: load it again.',
    };
  }
  const { status, problem } = error;
  if (status === 0) {
    const detail = 'Check that it runs, and your connection.';
    return { status, code: 'network', title: 'The server cannot be reached', detail };
  }
  return { status, ...(problem ?? { code: 'network', title: WRONG_ANSWER, detail: `Status ${status}` }) };
}

const WRONG_ANSWER = 'The server does not answer as it should';
