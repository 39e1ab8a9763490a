/**
 * A client of the API, typed by its OpenAPI document (api-types.ts): openapi-fetch, with errors that are thrown, a bound
 * of time, and streams of events. Runs wherever fetch does.
 */
import createFetchClient from 'openapi-fetch';
import type { paths } from './api-types.ts';
import { followEvents } from './event-stream.ts';
import { type Problem, parseProblem } from './problem.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Path = keyof paths;
/** Such as `GET /assets/{id}`. */
export type Call = {
  [P in Path]: { [M in Method]: paths[P][M] extends object ? `${Uppercase<M>} ${P}` : never }[Method];
}[Path];
type Operation<C extends Call> = C extends `${infer M} ${infer P extends Path}`
  ? Lowercase<M> extends Method
    ? NonNullable<paths[P][Lowercase<M>]>
    : never
  : never;

type Successes<C extends Call> =
  Operation<C> extends { responses: infer R } ? R[keyof R & (200 | 201 | 202 | 204)] : never;
type JsonOf<Response> = Response extends { content: { 'application/json': infer Json } } ? Json : null;
/** The body of a successful answer; `null` if it has none. */
export type Answer<C extends Call> = JsonOf<Successes<C>>;
/** One event of a streaming call: `{event, data}`, with `id` if a client can resume after it. */
export type StreamEvent<C extends Call> = EventOf<Successes<C>>;
type EventOf<Response> = Response extends { content: { 'text/event-stream': infer Event } } ? Event : never;
type StreamCall = { [C in Call]: [StreamEvent<C>] extends [never] ? never : C }[Call];

type Parameters<C extends Call> = Operation<C> extends { parameters: infer P } ? Omit<P, 'cookie'> : unknown;
type Body<C extends Call> =
  Operation<C> extends { requestBody: { content: { 'application/json': infer Json } } }
    ? { body: Json }
    : Operation<C> extends { requestBody?: { content: { 'application/json': infer Json } } }
      ? { body?: Json }
      : unknown;
type Options<C extends Call> = Parameters<C> &
  Body<C> & {
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

export type Access = {
  /** Any URL of the Worker; calls go to its origin. */
  server: string;
  token: string;
};

export type Api = {
  /** For what takes them itself, such as `uploadFile`. */
  readonly access: Access;
  /** Throws ApiError. */
  call<C extends Call>(call: C, ...options: Arguments<C>): Promise<Answer<C>>;
  /** Returns the response with its body unread, for answers that are not JSON. Throws ApiError. */
  open<C extends Call>(call: C, ...options: Arguments<C>): Promise<Response>;
  /** Yields events until the server ends the stream, after a few minutes; then call this again. See followEvents. */
  follow<C extends StreamCall>(call: C, ...options: Arguments<C>): AsyncGenerator<StreamEvent<C>>;
};

export type ClientOptions = Access & {
  /** For calls without a signal. */
  timeoutMs?: number;
};

const TIMEOUT_MS = 30_000;

/** The request of any call, without the types of a specific one. */
type Parts = { path?: object; query?: object; header?: object; body?: unknown; signal?: AbortSignal };
type Send = (
  method: string,
  path: string,
  init: object,
) => Promise<{ data?: unknown; error?: unknown; response: Response }>;

export function createClient({ server, token, timeoutMs = TIMEOUT_MS }: ClientOptions): Api {
  const http = createFetchClient<paths>({
    baseUrl: new URL('/v1', server).href,
    headers: { authorization: `Bearer ${token}` },
  });
  // One function for all calls: its types are those of Api, not of each method and path.
  const request = http.request as Send;
  const send = async (call: string, parseAs: 'json' | 'stream', parts: Parts = {}) => {
    const [method = '', path = ''] = call.split(' ');
    const { body, signal = AbortSignal.timeout(timeoutMs), ...params } = parts;
    const answer = await request(method.toLowerCase(), path, { params, body, signal, parseAs }).catch(
      (cause: unknown) => {
        throw new ApiError(call, 0, '', cause);
      },
    );
    if (!answer.response.ok) {
      const { error = '' } = answer;
      throw new ApiError(call, answer.response.status, typeof error === 'string' ? error : JSON.stringify(error));
    }
    return answer;
  };
  return {
    access: { server, token },
    async call<C extends Call>(call: C, ...[options]: Arguments<C>) {
      const { data = null } = await send(call, 'json', options);
      // Not checked at run time: the Worker is compiled against the schemas of the document.
      return data as Answer<C>;
    },
    open: async (call, ...[options]) => (await send(call, 'stream', options)).response,
    follow: (call, ...[options]) =>
      followEvents(async (signal) => (await send(call, 'stream', { ...options, signal })).response, options?.signal),
  };
}
