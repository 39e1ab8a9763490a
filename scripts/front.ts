/**
 * The HTTP server of `npm start`. It forwards requests to workerd's socket, and refuses what the development server
 * would answer without a token: its control headers, and all of its own paths except S3's, which check signatures.
 */
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as send,
} from 'node:http';
import { pipeline } from 'node:stream';
import { AppError, type ErrorCode, problemOf } from '../src/errors.ts';

/** The path at which miniflare serves R2 as S3. */
export const S3_PATH = '/cdn-cgi/local/r2/s3';

/** Like Cloudflare: 128 KB of headers (developers.cloudflare.com/workers/platform/limits). */
const HEADER_BYTES_MAX = 128 * 1024;
/** Shorter than workerd's 5 s, so that no request goes into a connection that workerd is closing. */
const IDLE_MS = 1_000;
/** Node sets no limit for headers when a request may take any time. */
const HEADERS_MS = 60_000;

/** RFC 9110 7.6.1, and `expect`, which Node has answered already. Node adds its own where it needs them. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'expect'];
/** workerd joins Host and path to a URL, so `Host: x/cdn-cgi/…?` would smuggle in a path. */
const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i;

const S3_BUCKET = new RegExp(`^${S3_PATH}/[^/]`);

export type Front = {
  server: Server;
  /** While workerd is down, requests get 503 at once, including those that are already waiting. */
  setUp(isUp: boolean): void;
};

export function createFront(socketPath: string): Front {
  let isUp = true;
  const waiting = new Set<ClientRequest>();
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  // A request may take any time, because an upload may be gigabytes large.
  const limits = { requestTimeout: 0, headersTimeout: HEADERS_MS, maxHeaderSize: HEADER_BYTES_MAX };
  const server = createServer(limits, (request, response) => {
    const target = targetOf(request);
    if (typeof target === 'string') {
      answerProblem(response, target);
    } else if (!isUp) {
      answerUnavailable(request, response);
    } else {
      const inner = passOn(request, response, { ...target, socketPath, agent });
      waiting.add(inner);
      inner.once('response', () => waiting.delete(inner)).once('close', () => waiting.delete(inner));
    }
  });
  return {
    server,
    setUp(now) {
      isUp = now;
      for (const inner of isUp ? [] : waiting) {
        inner.destroy(new Error('workerd does not answer'));
      }
    },
  };
}

type Target = { host: string; path: string };

/** The host and path of a request, or the error that refuses it. */
export function targetOf({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): Target | ErrorCode {
  // In the absolute form, the URL names the host (RFC 9112 3.2.2).
  const [, authority, path = url] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  const host = authority ?? headers.host ?? 'localhost';
  // Parsed as the development server does: `.`, `%2e` and `\` are resolved. Null for a host such as `1.2.3.256`.
  const parsed = path.startsWith('/') && HOST.test(host) ? URL.parse(`http://${host}${path}`) : null;
  if (parsed === null) {
    return 'invalid_request';
  }
  return isReserved(parsed.pathname) ? 'not_found' : { host, path };
}

/** `/cdn-cgi/…`, `/__scheduled`, `/__cf_local/…` in any spelling, except the exact path of S3. */
function isReserved(pathname: string): boolean {
  const plain = pathname
    .replace(/%([\da-f]{2})/gi, (_escape, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/[/\\]+/g, '/');
  return /^\/(cdn-cgi|__)/i.test(plain) && !S3_BUCKET.test(pathname);
}

function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  { host, path, socketPath, agent }: Target & { socketPath: string; agent: Agent },
): ClientRequest {
  const headers = requestHeaders(request, host);
  const options = { socketPath, agent, path, headers, maxHeaderSize: HEADER_BYTES_MAX };
  const inner = send({ ...options, ...(request.method === undefined ? {} : { method: request.method }) });
  inner.on('response', (answer) => {
    if ((answer.statusCode ?? 0) >= 400 && !request.complete) {
      // workerd stops reading and closes the connection. Writing more would lose its answer.
      request.unpipe(inner).resume();
    }
    response.sendDate = false;
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders, answer.headers));
    // If the answer breaks off, so does ours. Once it is complete, the rest of an upload is not needed.
    pipeline(answer, response, () => inner.writableFinished || inner.destroy());
  });
  inner.on('error', () => {
    if (!response.headersSent) {
      answerUnavailable(request, response);
    } else if (!response.writableEnded) {
      response.destroy();
    }
  });
  response.once('close', () => {
    if (!response.writableFinished) {
      inner.destroy();
    }
  });
  return request.pipe(inner);
}

function requestHeaders(request: IncomingMessage, host: string): string[] {
  const { headers, method = 'GET' } = request;
  const kept = endToEnd(request.rawHeaders, headers, (name) => name === 'host' || name.startsWith('mf-'));
  kept.push('Host', host);
  if (headers['cf-connecting-ip'] === undefined) {
    kept.push('CF-Connecting-IP', request.socket.remoteAddress ?? '127.0.0.1');
  }
  if (headers['transfer-encoding'] !== undefined) {
    kept.push('Transfer-Encoding', 'chunked');
  } else if (headers['content-length'] === undefined && method !== 'GET' && method !== 'HEAD') {
    kept.push('Content-Length', '0'); // Node would send an empty chunked body.
  }
  return kept;
}

/** Raw headers as they were sent, without those for a single connection. */
function endToEnd(
  raw: readonly string[],
  { connection = '' }: IncomingMessage['headers'],
  drop: (name: string) => boolean = () => false,
): string[] {
  const named = connection.split(',').map((name) => name.trim().toLowerCase());
  const dropped = new Set([...named.filter((name) => name !== 'content-length'), ...HOP_BY_HOP, 'transfer-encoding']);
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name = '', value = ''] = raw.slice(index, index + 2);
    if (!dropped.has(name.toLowerCase()) && !drop(name.toLowerCase())) {
      kept.push(name, value);
    }
  }
  return kept;
}

/** Where an upload stands: as src/control/uploads/transfer-routes.ts answers it, so that clients ask again. */
const UPLOAD_OFFSET = /^HEAD \/v1\/uploads\/./;

function answerUnavailable({ method, url }: IncomingMessage, response: ServerResponse): void {
  answerProblem(response, UPLOAD_OFFSET.test(`${method} ${url}`) ? 'upload_busy' : 'unavailable');
}

function answerProblem(response: ServerResponse, code: ErrorCode): void {
  const { status, headers, body } = problemOf(new AppError(code));
  // Players on other sites must be able to read the status.
  response.writeHead(status, { ...headers, 'access-control-allow-origin': '*' }).end(body);
}
