/**
 * Delivery's framing (RFC 9112 6) as a client with a socket of its own meets it, of workerd itself: answers in one
 * connection, each read by what it says of its length, so that a length which is wrong, or missing, spoils the next one.
 */
import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Runtime, startRuntime } from '../../bench/runtime.ts';
import { putSyntheticAsset, startSession } from '../../bench/synthetic-asset.ts';

const SEGMENT_BYTES = 300_000;

let runtime: Runtime;
let paths: Record<'multivariant' | 'mpd' | 'views' | 'playlist' | 'segment' | 'missing' | 'refused', string>;
let port: number;

beforeAll(async () => {
  runtime = await startRuntime([{ name: 'ours' }]);
  const url = runtime.urlOf('ours');
  const asset = await putSyntheticAsset(runtime.putObject, {
    assetId: 'film',
    segments: 200,
    segmentBytes: SEGMENT_BYTES,
  });
  const { pathname } = new URL(await startSession(url, 'film'));
  port = Number(new URL(url).port);
  paths = {
    multivariant: '/v/film/main.m3u8',
    mpd: '/v/film/manifest.mpd',
    views: '/v/film/views',
    playlist: `${pathname}v720.m3u8`,
    segment: pathname + asset.segmentPath(1),
    missing: pathname + asset.segmentPath(999),
    refused: '/s/x/v720.m3u8',
  };
});

afterAll(() => runtime?.close());

type Answer = { status: number; headers: Map<string, string>; body: Buffer };

/** Several requests at once in one connection, which the last one closes. */
async function exchange(requests: readonly { method: string; path: string; headers?: string[] }[]): Promise<Answer[]> {
  const text = requests.map(({ method, path, headers = [] }, index) => {
    const close = index === requests.length - 1 ? ['Connection: close'] : [];
    return [`${method} ${path} HTTP/1.1`, 'Host: sluice.example', ...headers, ...close, '', ''].join('\r\n');
  });
  const received = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(text.join('')));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('error', reject);
    socket.once('close', () => resolve(Buffer.concat(chunks)));
  });
  let rest = received;
  const answers = requests.map(({ method }) => {
    const end = rest.indexOf('\r\n\r\n');
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    const headers = new Map(
      lines.map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: */, '')]),
    );
    const length = method === 'HEAD' || status === 304 || status === 204 ? 0 : Number(headers.get('content-length'));
    const body = rest.subarray(end + 4, end + 4 + length);
    rest = rest.subarray(end + 4 + length);
    return { status, headers, body };
  });
  expect(rest.byteLength).toBe(0);
  return answers;
}

const GZIP = 'Accept-Encoding: gzip';

test.each(['GET', 'HEAD'])('%s: every answer ends where it says', async (method) => {
  const etag = async (header: string[]) =>
    (await exchange([{ method, path: paths.playlist, headers: header }]))[0]?.headers.get('etag') ?? '';
  const [plain, packed] = [await etag([]), await etag([GZIP])];
  const ranged = method === 'HEAD' ? 200 : 206;
  const cases: [path: string, headers: string[], status: number][] = [
    ...Object.values(paths).flatMap((path): [string, string[], number][] => {
      const status = path === paths.missing ? 404 : path === paths.refused ? 400 : 200;
      return [
        [path, [], status],
        [path, [GZIP], status],
      ];
    }),
    [paths.playlist, ['Range: bytes=0-'], ranged],
    [paths.playlist, ['Range: bytes=5-9'], ranged],
    [paths.playlist, ['Range: bytes=5-9', GZIP], 200],
    [paths.playlist, ['Range: bytes=5-9', GZIP, `If-Range: ${packed}`], ranged],
    [paths.playlist, ['Range: bytes=999999-'], method === 'HEAD' ? 200 : 416],
    [paths.playlist, [`If-None-Match: ${plain}`], 304],
    [paths.playlist, [GZIP, `If-None-Match: W/${packed}`], 304],
    [paths.playlist, ['If-Match: "x"'], 412],
    [paths.segment, ['Range: bytes=5-9'], ranged],
    [paths.segment, ['Range: bytes=999999-'], method === 'HEAD' ? 200 : 416],
    [paths.segment, ['If-None-Match: *'], 304],
    [paths.segment, ['If-Match: "x"'], 412],
  ];
  const answers = await exchange(cases.map(([path, headers]) => ({ method, path, headers })));
  expect(answers.map(({ status }) => status)).toEqual(cases.map(([, , status]) => status));
  for (const { status, headers } of answers) {
    expect([headers.has('content-length'), headers.has('transfer-encoding')]).toEqual([status !== 304, false]);
    expect(headers.get('date')).toMatch(/ GMT$/);
  }
});

test('what says that it is gzip is, once', async () => {
  const [plain, packed] = await exchange(
    [[], [GZIP]].map((headers) => ({ method: 'GET', path: paths.playlist, headers })),
  );
  expect(packed?.headers.get('content-encoding')).toBe('gzip');
  expect(gunzipSync(packed?.body ?? '')).toEqual(plain?.body);
  expect(String(plain?.body)).toMatch(/^#EXTM3U\n/);
});

test('so do refused methods and preflights', async () => {
  const methods = ['POST', 'OPTIONS', 'DELETE', 'OPTIONS', 'PUT'];
  const answers = await exchange(
    methods.map((method) => ({ method, path: paths.playlist, headers: ['Content-Length: 0'] })),
  );
  expect(answers.map(({ status }) => status)).toEqual([405, 204, 405, 204, 405]);
  for (const { status, headers } of answers) {
    expect(headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    expect([headers.has('content-length'), headers.has('transfer-encoding')]).toEqual([status === 405, false]);
  }
});

test('a body without a length that its client breaks off counts as its mistake, not as a fault', async () => {
  const head = ['POST /v1/beacon HTTP/1.1', 'Host: sluice.example', 'Content-Type: application/json'];
  const text = [...head, 'Transfer-Encoding: chunked', '', '5', '{"a":', ''].join('\r\n');
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, () => socket.destroy()));
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
  const headers = { authorization: `Bearer ${runtime.apiToken}` };
  const counted = async () => {
    const response = await fetch(new URL('/metrics', runtime.urlOf('ours')), { headers });
    return (await response.text()).match(/sluice_refusals_total\{code="(request_aborted|internal)"\} \d+/g);
  };
  // The Worker hears of it a moment later.
  await expect.poll(counted, { timeout: 10_000 }).toEqual(['sluice_refusals_total{code="request_aborted"} 1']);
});
