/** The control API's calls that the page makes, with the token that a person has typed in. */
import { parseProblem } from '../problem.ts';

/** A call that did not bring what it should: the problem document's words, or ours where there is none. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** 0: no answer came. */
  readonly status: number;
  readonly code: string;
  readonly detail: string;

  constructor(
    status: number,
    { code, title, detail }: { code: string; title: string; detail: string },
    cause?: unknown,
  ) {
    super(title, { cause });
    this.status = status;
    this.code = code;
    this.detail = detail;
  }

  /** Whatever was thrown while an answer was read: one that is not as it should be is also a failed call. */
  static of(error: unknown): CallError {
    return error instanceof CallError ? error : new CallError(0, UNREADABLE, error);
  }
}

const UNREADABLE = {
  code: 'unreadable',
  title: 'The server does not answer as it should',
  detail: 'This page may be older than the server: load it again.',
};

/** Longer than the server takes to give up on its counter. */
const CALL_MS = 15_000;

export type Api = {
  /** Resolves with 2xx only; throws CallError. `signal` ends what may take long; others end after 15 s. */
  get(path: string, signal?: AbortSignal): Promise<Response>;
  json(path: string): Promise<unknown>;
};

export function connectApi(assetId: string, token: string): Api {
  const get = async (path: string, signal: AbortSignal = AbortSignal.timeout(CALL_MS)): Promise<Response> => {
    const response = await send(`/v1/assets/${assetId}${path}`, token, signal);
    if (!response.ok) {
      throw await refusalOf(response);
    }
    return response;
  };
  return {
    get,
    async json(path) {
      const response = await get(path);
      try {
        return await response.json();
      } catch (cause) {
        throw unreachable(cause);
      }
    },
  };
}

async function send(path: string, token: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(path, { headers: { authorization: `Bearer ${token}` }, cache: 'no-store', signal });
  } catch (cause) {
    throw unreachable(cause);
  }
}

const unreachable = (cause: unknown): CallError =>
  new CallError(
    0,
    { code: 'network', title: 'The server cannot be reached', detail: 'Check that it runs, and your connection.' },
    cause,
  );

async function refusalOf(response: Response): Promise<CallError> {
  const problem = parseProblem(await response.text().catch(() => ''));
  return new CallError(
    response.status,
    problem ?? {
      code: 'network',
      title: 'The server does not answer as it should',
      detail: `Status ${response.status}`,
    },
  );
}

/** Only what visible ASCII can say goes into a header; whatever else was pasted is no token. */
export const isToken = (text: string): boolean => /^[\x21-\x7e]{1,4096}$/.test(text);
