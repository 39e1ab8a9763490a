/** A client of the control API, typed by its OpenAPI document (api-types.ts). Runs in browsers and in Node. */
import type { Calls } from './api-types.ts';
import { followEvents } from './event-stream.ts';
import { type Problem, parseProblem } from './problem.ts';

/** Such as `GET /assets/{id}`. */
type Call = keyof Calls;
/** The body of a successful answer; `null` if it has none. */
type Answer<C extends Call> = Calls[C]['answer'];
type StreamCall = { [C in Call]: Calls[C] extends { event: unknown } ? C : never }[Call];
/** One event of a streaming call: `{event, data}`, with `id` if a client can resume after it. */
export type StreamEvent<C extends StreamCall> = Calls[C]['event'];

type Request<C extends Call> = Calls[C] extends { request: infer Parts } ? Parts : unknown;
type Options<C extends Call> = Request<C> & {
  /** Aborts the call. Replaces `timeoutMs`. */
  signal?: AbortSignal;
};
type Arguments<C extends Call> =
  Partial<Options<C>> extends Options<C> ? [options?: Options<C>] : [options: Options<C>];

/** A call was refused or got no answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** 0 if no complete answer arrived; `cause` says why. */
  readonly status: number;
  /** `null` if the answer is not a problem document, such as a proxy's page. */
  readonly problem: Problem | null;

  constructor(call: string, status: number, text: string, cause?: unknown) {
    super(`${call}: ${status === 0 ? `no answer: ${cause}` : `${status} ${text.slice(0, MESSAGE_MAX)}`}`, { cause });
    this.status = status;
    this.problem = parseProblem(text);
  }
}

const MESSAGE_MAX = 500;

export type Api = {
  /** Throws ApiError. */
  call<C extends Call>(call: C, ...options: Arguments<C>): Promise<Answer<C>>;
  /** Returns the response with its body unread, for answers that are not JSON. Throws ApiError. */
  open<C extends Call>(call: C, ...options: Arguments<C>): Promise<Response>;
  /** Yields events until the server ends the stream, after a few minutes; then call this again. See followEvents. */
  follow<C extends StreamCall>(call: C, ...options: Arguments<C>): AsyncGenerator<StreamEvent<C>>;
};

export type ApiOptions = {
  /** Any URL of the Worker; calls go to its origin. */
  server: string;
  token: string;
  /** For calls without a signal. */
  timeoutMs?: number;
};

const TIMEOUT_MS = 30_000;

export function connectApi({ server, token, timeoutMs = TIMEOUT_MS }: ApiOptions): Api {
  const send = async (call: string, parts: Parts = {}): Promise<Response> => {
    const { method, address } = addressOf(call, parts);
    const { header, body, signal = AbortSignal.timeout(timeoutMs) } = parts;
    const response = await answered(call, () =>
      fetch(new URL(address, server), {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...header,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        cache: 'no-store',
        signal,
      }),
    );
    if (!response.ok) {
      throw new ApiError(call, response.status, await response.text().catch(() => ''));
    }
    return response;
  };
  return {
    async call<C extends Call>(call: C, ...[options]: Arguments<C>) {
      const response = await send(call, options);
      const answer: unknown = response.status === 204 ? null : await answered(call, () => response.json());
      // Not checked at run time: the Worker is compiled against the schemas of the document.
      return answer as Answer<C>;
    },
    open: (call, ...[options]) => send(call, options),
    follow: (call, ...[options]) => followEvents((signal) => send(call, { ...options, signal }), options?.signal),
  };
}

/** The request of any call, without the types of a specific one. */
type Parts = {
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string | number>>;
  header?: Readonly<Record<string, string>>;
  body?: unknown;
  signal?: AbortSignal;
};

function addressOf(call: string, { path = {}, query = {} }: Parts): { method: string; address: string } {
  const [method = '', template = ''] = call.split(' ');
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  return { method, address: `/v1${filled}${search === '' ? '' : `?${search}`}` };
}

/** Turns an error of the network or the body into an ApiError. */
async function answered<T>(call: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new ApiError(call, 0, '', cause);
  }
}
