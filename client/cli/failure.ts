/** Errors in words that tell what to do. Pure. */
import { ApiError } from '../api.ts';

export type Failure = {
  message: string;
  /** Of the problem document. */
  code?: string;
  status?: number;
};

export function failureOf(error: unknown, server = ''): Failure {
  if (!(error instanceof ApiError)) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
  const { status, problem } = error;
  if (status === 0) {
    return { message: `No answer from ${server}: ${innermost(error)}. Is SLUICE_URL right, and the server running?` };
  }
  if (status === 401) {
    return { message: 'The server does not accept SLUICE_TOKEN.', code: problem?.code ?? 'unauthorized', status };
  }
  if (problem === null) {
    return { message: `The server answered ${status}. Is SLUICE_URL the address of Sluice itself?`, status };
  }
  const { code, title, detail } = problem;
  return { message: `${[title, detail].filter((text) => text !== '').join(': ')} (${code})`, code, status };
}

/** Of `fetch failed` with a cause, the cause says what happened. */
function innermost(error: Error): string {
  let reason: unknown = error;
  for (let depth = 0; depth < 5 && reason instanceof Error && reason.cause !== undefined; depth += 1) {
    reason = reason.cause;
  }
  return reason instanceof Error
    ? reason.message || ('code' in reason ? String(reason.code) : reason.name)
    : String(reason);
}
