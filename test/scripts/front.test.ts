/** The front: what it refuses, and that it passes everything else on as it came. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFront, type Front, targetOf } from '../../scripts/front.ts';

const HOST = 'localhost:8787';

describe('targetOf', () => {
  const of = (url: string, host = HOST) => targetOf({ url, headers: { host } });

  it.each([
    '/',
    '/healthz',
    '/v1/assets?after=/cdn-cgi/local/scheduled',
    '/cdn-cgi/local/r2/s3/sluice-media?list-type=2',
    '/cdn-cgi/local/r2/s3/sluice-media/sources/a%20b.mp4',
    '/v/x/cdn-cgi/main.m3u8',
    '/.well-known/jwks.json',
  ])('passes on %s', (path) => {
    expect(of(path)).toEqual({ host: HOST, path });
  });

  it('takes host and path from the absolute form', () => {
    expect(of('http://a.example:1/x?y', 'b.example')).toEqual({ host: 'a.example:1', path: '/x?y' });
    expect(of('HTTP://a.example/cdn-cgi/local/scheduled')).toBe('not_found');
  });

  // Everything that wrangler 4.156 and miniflare 5 answer by themselves, and ways to write it.
  it.each([
    '/cdn-cgi',
    '/cdn-cgi/',
    '/cdn-cgi/handler/scheduled',
    '/cdn-cgi/handler/email',
    '/cdn-cgi/mf/scheduled',
    '/cdn-cgi/mf/stream/x',
    '/cdn-cgi/mf/imagedelivery/x',
    '/cdn-cgi/mf/reload',
    '/cdn-cgi/local/scheduled?time=4102444800000',
    '/cdn-cgi/local/email',
    '/cdn-cgi/local/platform-proxy',
    '/cdn-cgi/local/explorer/api/r2/buckets',
    '/cdn-cgi/explorer',
    '/cdn-cgi/live-reload',
    '/cdn-cgi/ProxyWorker/play',
    '/cdn-cgi/InspectorProxyWorker/websocket',
    '/cdn-cgi/local/r2/public/sluice-media/edge/keys.json',
    '/cdn-cgi/local/r2/s3',
    '/cdn-cgi/local/r2/s3/',
    '/cdn-cgi/local/r2/s3x/sluice-media',
    '/__scheduled',
    '/__cf_local/stream/x',
    '/CDN-CGI/local/scheduled',
    '//cdn-cgi/local/scheduled',
    '/%63dn-cgi/local/scheduled',
    '/cdn-cgi%2flocal/scheduled',
    '/./cdn-cgi/local/scheduled',
    '/x/../cdn-cgi/local/scheduled',
    '/x/%2e%2e/cdn-cgi/local/scheduled',
    '/x\\..\\cdn-cgi/local/scheduled',
    '/\t/../cdn-cgi/local/scheduled',
    '/cdn-cgi/local/r2/s3/sluice-media/../../public/sluice-media/a',
    '/cdn-cgi/local/r2/s3/sluice-media/%2E%2e/../../scheduled',
  ])('refuses %s', (path) => {
    expect(of(path)).toBe('not_found');
  });

  it.each([
    ['*', HOST],
    ['cdn-cgi/local/scheduled', HOST],
    ['/', 'x/cdn-cgi/local/scheduled?'],
    ['/', 'x\\cdn-cgi'],
    ['/', 'user@localhost'],
    ['/', ''],
    ['http:///x', HOST],
    ['/', '1.2.3.256'],
    ['/', 'localhost:65536'],
    ['/', '[:::1]'],
    ['http://localhost:65536/x', HOST],
  ])('takes %s with Host %s for no request', (path, host) => {
    expect(of(path, host)).toBe('invalid_request');
  });
});

describe('the front', () => {
  let folder: string;
  let front: Front;
  let serve: (request: IncomingMessage, response: ServerResponse) => void;
  let port: number;
  let close: () => Promise<void>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-front-'));
    const socketPath = join(folder, 'inner.sock');
    const inner = createServer((incoming, response) => serve(incoming, response)).listen(socketPath);
    front = createFront(socketPath);
    front.server.listen(0, '127.0.0.1');
    await Promise.all([once(inner, 'listening'), once(front.server, 'listening')]);
    ({ port } = front.server.address() as AddressInfo);
    close = async () => {
      for (const server of [front.server, inner]) {
        server.close();
        server.closeAllConnections();
      }
    };
  });

  afterEach(async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  });

  const url = (path: string) => `http://127.0.0.1:${port}${path}`;

  /** What a request looks like inside, when it is written as it stands. */
  async function seenOf(
    lines: string[],
    body = '',
  ): Promise<{ method: string; url: string; raw: string[]; body: string }> {
    const seen = new Promise<{ method: string; url: string; raw: string[]; body: string }>((resolve) => {
      serve = async (incoming, response) => {
        const { method = '', url: path = '', rawHeaders: raw } = incoming;
        resolve({ method, url: path, raw, body: await text(incoming) });
        response.end();
      };
    });
    const socket = connect(port, '127.0.0.1');
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
    socket.resume();
    return seen;
  }

  it('keeps Host, path and headers as they are, and takes away what is not for the Worker', async () => {
    const { raw, ...seen } = await seenOf([
      'GET /v1/%41?x=%2F HTTP/1.1',
      'Host: 127.0.0.1:8787',
      'X-Case: A  b',
      'Range: bytes=0-1',
      'MF-Original-URL: http://localhost/cdn-cgi/local/scheduled',
      'MF-Route-Override: x',
      'MF-CF-Blob: {}',
      'Connection: close, X-Hop',
      'X-Hop: 1',
      'Upgrade: websocket',
    ]);
    expect(seen).toEqual({ method: 'GET', url: '/v1/%41?x=%2F', body: '' });
    expect(raw.slice(0, 8)).toEqual([
      'X-Case',
      'A  b',
      'Range',
      'bytes=0-1',
      'Host',
      '127.0.0.1:8787',
      'CF-Connecting-IP',
      '127.0.0.1',
    ]);
    expect(raw.slice(8)).toEqual(['Connection', 'keep-alive']);
  });

  it('leaves an address that was given', async () => {
    const { raw } = await seenOf(['GET / HTTP/1.1', 'Host: a', 'CF-Connecting-IP: 203.0.113.9', 'Connection: close']);
    expect(raw.filter((value) => /^cf-conn|\d+\.\d+/i.test(value))).toEqual(['CF-Connecting-IP', '203.0.113.9']);
  });

  it.each([
    ['of a known length', ['Content-Length: 5'], 'hello', 'Content-Length'],
    ['in chunks', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n', 'Transfer-Encoding'],
    ['that is expected', ['Expect: 100-continue', 'Content-Length: 5'], 'hello', 'Content-Length'],
  ])('passes on a body %s', async (_how, headers, body, framing) => {
    const seen = await seenOf(['POST /x HTTP/1.1', 'Host: a', 'Connection: close', ...headers], body);
    expect(seen.body).toBe('hello');
    expect(seen.raw.filter((name) => /^(content-length|transfer-encoding|expect)$/i.test(name))).toEqual([framing]);
  });

  it('sends no body where there is none', async () => {
    const { raw } = await seenOf(['POST /x HTTP/1.1', 'Host: a', 'Connection: close']);
    expect(raw).toContain('Content-Length');
    expect(raw).not.toContain('Transfer-Encoding');
  });

  it('answers HEAD with the length of what GET has, and 304 without a body', async () => {
    serve = (incoming, response) => {
      response.writeHead(incoming.url === '/304' ? 304 : 200, { 'Content-Length': 1234, ETag: '"a"' }).end();
    };
    const head = await fetch(url('/x'), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '1234']);
    expect((await fetch(url('/304'))).status).toBe(304);
  });

  it('streams an answer while it is being made, and ends it with the client', async () => {
    const ended = new Promise<void>((resolve) => {
      serve = (_incoming, response) => {
        response.on('close', () => resolve());
        response.write('data: 1\n\n');
      };
    });
    const abort = new AbortController();
    const answer = await fetch(url('/events'), { signal: abort.signal });
    const { value } = (await answer.body?.getReader().read()) ?? {};
    expect(new TextDecoder().decode(value)).toBe('data: 1\n\n');
    abort.abort();
    await ended;
  });

  it('streams an upload, and tells the Worker when it breaks off', async () => {
    let arrived = 0;
    const aborted = new Promise<number>((resolve) => {
      serve = (incoming) => {
        incoming.on('data', (bytes: Buffer) => {
          arrived += bytes.length;
          upload.destroy();
        });
        incoming.on('error', () => resolve(arrived));
      };
    });
    const upload = request(url('/x'), { method: 'PUT', headers: { 'content-length': 10_000_000 } });
    upload.on('error', () => {});
    upload.write(Buffer.alloc(1000));
    expect(await aborted).toBe(1000);
  });

  it('passes on a refusal that comes before the whole upload, and takes the rest', async () => {
    serve = (incoming, response) => {
      incoming.once('data', () => response.writeHead(413).end(() => incoming.pause()));
    };
    const upload = request(url('/x'), { method: 'PUT', headers: { 'content-length': 20_000_000 } });
    upload.on('error', () => {});
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    upload.write(Buffer.alloc(1000));
    expect((await answered)[0].statusCode).toBe(413);
    await new Promise<void>((resolve) => upload.end(Buffer.alloc(19_999_000), resolve));
    upload.destroy();
  });

  it('lets a request take its time, but not its headers', () => {
    const { requestTimeout, headersTimeout } = front.server;
    expect([requestTimeout, headersTimeout]).toEqual([0, 60_000]);
  });

  it('breaks an answer off where the Worker does', async () => {
    serve = (_incoming, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('half', () => response.destroy());
    };
    await expect(fetch(url('/x')).then((answer) => answer.text())).rejects.toThrow();
  });

  it('answers 503 while the Worker is down or does not answer, also to requests that wait for it', async () => {
    serve = (_incoming, response) => response.destroy();
    expect((await fetch(url('/x'))).status).toBe(503);
    expect((await fetch(url('/x'), { method: 'HEAD' })).status).toBe(503);
    expect((await fetch(url('/v1/uploads/x'), { method: 'HEAD' })).status).toBe(423);
    const asked = new Promise<void>((resolve) => {
      serve = () => resolve();
    });
    const waiting = fetch(url('/x'));
    await asked;
    front.setUp(false);
    serve = () => expect.unreachable();
    for (const answer of [await waiting, await fetch(url('/x'))]) {
      expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ code: 'unavailable' })]);
    }
  });
});
