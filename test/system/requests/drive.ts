/** Sends generated requests and collects what is wrong with the answers. */
import fc from 'fast-check';
import type { OpenApiDocument } from '../../../scripts/docs/openapi-model.ts';
import { type Answer, jsonOf, newAnswerCheck } from './answers.ts';
import { EarlierValues } from './earlier-values.ts';
import { type GeneratedBody, type GeneratedRequest, requestsOf } from './requests.ts';

/** Sends to a path that begins with `/v1`. */
type Send = (path: string, init: RequestInit) => Promise<Response>;

export type DriveOptions = {
  document: OpenApiDocument;
  send: Send;
  count: number;
  /** By the name of the security scheme. */
  tokens: Readonly<Record<string, string>>;
  /** Values that no answer names, such as the key of a source in the bucket. */
  first?: Readonly<Record<string, string>>;
  excluded?: readonly string[];
  /** How many requests are under way at once. */
  lanes?: number;
};

/** `answers`: how often each operation answered each status. */
export type Drive = { faults: string[]; answers: Map<string, Map<number, number>> };

/** The first state of a stream comes at once. */
const STREAM_WAIT_MS = 1_000;
const SHOWN = 600;

const escaped = (text: string): string => (text.startsWith('%') ? text : encodeURIComponent(text.toWellFormed()));

type Sent = { url: string; init: RequestInit & { headers: Headers }; json: unknown; path: ReadonlyMap<string, string> };

function nestedIn(json: unknown, nested: string): string {
  const members = Object.entries(Object(json)).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  const last = Object.keys(Object(json)).at(-1) ?? 'a';
  return `{${[...members.slice(0, -1), `${JSON.stringify(last)}:${nested}`].join(',')}}`;
}

function bodyOf(body: GeneratedBody, values: EarlierValues): { body: string | Uint8Array<ArrayBuffer>; json: unknown } {
  if ('json' in body) {
    const json = values.fill(body.json);
    const text = JSON.stringify(json);
    // Unwritten, as writing it would overflow the stack here.
    return body.nested === undefined ? { body: text, json } : { body: nestedIn(json, body.nested), json: undefined };
  }
  return { body: 'bytes' in body ? body.bytes : body.text.repeat(body.repeat ?? 1), json: undefined };
}

function prepare(request: GeneratedRequest, values: EarlierValues, tokens: DriveOptions['tokens']): Sent {
  const { placed, token } = request;
  const path = values.fillPath(request.path);
  const pairs = request.query.map(([name, value]) => {
    const text = String(values.fill(value));
    return `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(text.toWellFormed())}`;
  });
  // Without a step, it is another path.
  const address = placed.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => escaped(path.get(name) || 'none'));
  const headers = new Headers(
    request.headers.map(([name, value]): [string, string] => [name, String(values.fill(value))]),
  );
  const scheme = Object.keys(placed.operation.security?.[0] ?? {})[0];
  if (scheme !== undefined && token !== 'none') {
    headers.set('authorization', `Bearer ${token === 'right' ? tokens[scheme] : 'x'.repeat(43)}`);
  }
  const filled = request.body === undefined ? undefined : bodyOf(request.body, values);
  if (request.body !== undefined) {
    headers.set('content-type', request.body.type);
  }
  return {
    url: `/v1${address}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`,
    init: {
      method: placed.method,
      headers,
      redirect: 'manual',
      ...(filled === undefined ? {} : { body: filled.body }),
    },
    json: filled?.json,
    path,
  };
}

/** Of a stream of events only what comes at once. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null) {
    return response.text();
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const late = new Promise<null>((resolve) => setTimeout(resolve, STREAM_WAIT_MS, null));
  let text = '';
  while (!text.includes('data:')) {
    const next = await Promise.race([reader.read(), late]);
    if (next === null || next.done) {
      break;
    }
    text += next.value;
  }
  await reader.cancel();
  return text;
}

function shown({ url, init }: Sent, { status, text }: Answer, fault: string): string {
  const body = typeof init.body === 'string' ? init.body.slice(0, SHOWN) : '';
  const headers = [...init.headers].filter(([name]) => name !== 'authorization');
  return `${init.method} ${url.slice(0, SHOWN)} ${JSON.stringify(headers)} ${body}\n  ${status} ${text.slice(0, SHOWN)}\n  ${fault}`;
}

export async function drive(options: DriveOptions): Promise<Drive> {
  const { document, send, count, tokens, first = {}, excluded = [], lanes = 1 } = options;
  const values = new EarlierValues(first);
  const faultsOf = newAnswerCheck(document);
  const report: Drive = { faults: [], answers: new Map() };
  const one = async (request: GeneratedRequest) => {
    const sent = prepare(request, values, tokens);
    const { placed } = request;
    const response = await send(sent.url, sent.init);
    const answer = { status: response.status, headers: response.headers, text: await textOf(response) };
    const faults = await faultsOf(placed, sent.json, answer);
    report.faults.push(...faults.map((fault) => `${placed.operation.operationId}: ${shown(sent, answer, fault)}`));
    const statuses = report.answers.get(placed.operation.operationId) ?? new Map<number, number>();
    report.answers.set(
      placed.operation.operationId,
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1),
    );
    if (response.ok) {
      values.learn(placed, sent.path, response.headers, jsonOf(answer.text));
    }
  };
  const left = fc.sample(requestsOf(document, excluded), count).values();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const request of left) {
        await one(request);
      }
    }),
  );
  return report;
}
