/** A small HTTP server for what the real Worker and bucket cannot be made to do on demand: fail, hang, drop, disagree. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export type Exchange = {
  method: string;
  /** Path and query, as sent. */
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
};

/** `drop` cuts the connection without an answer; `hang` never answers. `cutAfter` sends that much of the body, then cuts. */
export type Reply =
  | 'drop'
  | 'hang'
  | { status: number; headers?: Record<string, string>; body?: string | Buffer; cutAfter?: number };

export type FakeServer = {
  url: string;
  /** Everything asked so far, in order. */
  exchanges: Exchange[];
  /** How many of them were of this method and path (a part of it). */
  count(method: string, path: string): number;
};

async function readExchange(request: IncomingMessage): Promise<Exchange> {
  const parts: Buffer[] = [];
  for await (const part of request) {
    parts.push(part);
  }
  const { method = '', url: path = '', headers } = request;
  return { method, path, headers, body: Buffer.concat(parts) };
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'hang') {
    return;
  }
  if (reply === 'drop') {
    response.destroy();
    return;
  }
  const { status, headers = {}, body = '', cutAfter } = reply;
  const bytes = Buffer.from(body);
  response.writeHead(status, status === 204 ? headers : { 'content-length': String(bytes.length), ...headers });
  if (cutAfter === undefined) {
    response.end(bytes);
  } else {
    response.write(bytes.subarray(0, cutAfter), () => response.destroy());
  }
}

/** Answers every request with `answer` while `use` runs; open connections are cut afterwards. */
export async function withServer<T>(
  answer: (exchange: Exchange, server: FakeServer) => Reply | Promise<Reply>,
  use: (server: FakeServer) => Promise<T>,
): Promise<T> {
  const fake: FakeServer = {
    url: '',
    exchanges: [],
    count: (method, path) =>
      fake.exchanges.filter((exchange) => exchange.method === method && exchange.path.includes(path)).length,
  };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const exchange = await readExchange(request);
    fake.exchanges.push(exchange);
    send(response, await answer(exchange, fake));
  };
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  fake.url = `http://127.0.0.1:${Object(server.address()).port}`;
  try {
    return await use(fake);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Replies one after the other; the last one again and again. */
export function inTurn(...replies: Reply[]): () => Reply {
  let next = 0;
  return () => replies[Math.min(next++, replies.length - 1)] ?? 'drop';
}

/** Enough for an encoder process to start on a loaded machine. */
const UNTIL_MS = 20_000;

/** Waits until `holds`; throws when it never does. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + UNTIL_MS;
  while (!holds()) {
    if (Date.now() > deadline) {
      throw new Error(`it did not come to ${holds}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
