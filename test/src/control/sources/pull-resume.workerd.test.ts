/** A pull whose server cuts, lies, changes the file or stays away. `fetch` is replaced by one that acts like it. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { failureOf } from '../../../../src/control/encoding/job-failure.ts';
import { dropPull, type PullState, pullSource } from '../../../../src/control/sources/pull.ts';
import { pullInSteps } from '../../../../src/control/sources/pull-steps.ts';

const URL_OF_FILM = 'https://media.example/film.mp4';
/** The least that R2 takes of parts before the last. */
const PART_BYTES = 5 * 1024 ** 2;

type Answer = {
  file: Uint8Array<ArrayBuffer>;
  etag?: string;
  lastModified?: string;
  cutAfter?: number;
  ranges?: boolean;
};

/** Bytes that differ from place to place. */
function filmOf(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4));
  for (let index = 0, value = seed; index < words.length; index += 1) {
    value = (Math.imul(value, 1_664_525) + 1_013_904_223) >>> 0;
    words[index] = value;
  }
  return new Uint8Array(words.buffer, 0, sizeBytes);
}

function bodyOf(bytes: Uint8Array<ArrayBuffer>, isCut: boolean): ReadableStream {
  return new ReadableStream({
    type: 'bytes',
    start(controller) {
      if (bytes.byteLength > 0) {
        controller.enqueue(bytes.slice());
      }
      if (!isCut) {
        controller.close();
      }
    },
    pull(controller) {
      controller.error(new Error('the connection is cut'));
    },
  });
}

function answerOf({ file, etag, lastModified, cutAfter, ranges = true }: Answer, range: string | null): Response {
  const offset = ranges && range !== null ? Number(/^bytes=(\d+)-$/.exec(range)?.[1]) : 0;
  const rest = file.subarray(offset);
  const headers = {
    'content-length': String(rest.byteLength),
    ...(ranges ? { 'accept-ranges': 'bytes' } : {}),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { 'last-modified': lastModified }),
    ...(offset === 0 ? {} : { 'content-range': `bytes ${offset}-${file.byteLength - 1}/${file.byteLength}` }),
  };
  const isCut = cutAfter !== undefined && cutAfter < rest.byteLength;
  const body = bodyOf(isCut ? rest.subarray(0, cutAfter) : rest, isCut);
  return new Response(body, { status: offset === 0 ? 200 : 206, headers });
}

/** The server's answers in their order, the last one for all that follow; and what it was asked. */
let script: ((range: string | null) => Response)[] = [];
let asked: { range: string | null; ifRange: string | null; encoding: string | null }[] = [];

beforeEach(() => {
  [script, asked] = [[], []];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (_, init) => {
    const headers = new Headers(init?.headers);
    const range = headers.get('range');
    asked.push({ range, ifRange: headers.get('if-range'), encoding: headers.get('accept-encoding') });
    const answer = script.length > 1 ? script.shift() : script[0];
    return answer?.(range) ?? new Response(null, { status: 503 });
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const serve = (answer: Answer) => (range: string | null) => answerOf(answer, range);
const status =
  (code: number, headers: Record<string, string> = {}) =>
  () =>
    new Response(null, { status: code, headers });

let sources = 0;
let created: R2MultipartUpload[] = [];

/** The bucket, which notes the uploads that are begun in it. */
const bucket: R2Bucket = Object.assign(Object.create(env.MEDIA), {
  head: (key: string) => env.MEDIA.head(key),
  resumeMultipartUpload: (key: string, id: string) => env.MEDIA.resumeMultipartUpload(key, id),
  createMultipartUpload: async (key: string) => {
    const upload = await env.MEDIA.createMultipartUpload(key);
    created.push(upload);
    return upload;
  },
});

/** A run of all slices, without its pauses. */
async function pull({ sliceMs = 60_000 } = {}) {
  sources += 1;
  const key = `sources/resume-${sources}/film.mp4`;
  const steps: string[] = [];
  const pauses: number[] = [];
  const step = {
    do: async (name: string, act: () => Promise<unknown>) => {
      steps.push(name);
      // As the engine stores it.
      return JSON.parse(JSON.stringify(await act()));
    },
    sleep: async (_: string, milliseconds: number) => void pauses.push(milliseconds),
  };
  const take = (state: PullState) =>
    pullSource(bucket, { key, url: URL_OF_FILM }, state, false, { sliceMs, partBytes: PART_BYTES });
  const drop = (state: PullState) => dropPull(bucket, key, state);
  const failure = await pullInSteps(step as never, 'fetch source', take, drop).then(() => null, failureOf);
  const object = await env.MEDIA.get(key);
  return { failure, steps, pauses, bytes: object === null ? null : new Uint8Array(await object.arrayBuffer()) };
}

/** Uploads that still take parts. */
async function leftOver(): Promise<number> {
  const tries = created.map((upload) => upload.uploadPart(1, 'a'));
  created = [];
  return (await Promise.allSettled(tries)).filter((result) => result.status === 'fulfilled').length;
}

const READ_BYTES = 256 * 1024;
const FILM = filmOf(3 * READ_BYTES + 1000);
const LONG_FILM = filmOf(PART_BYTES + 1000);
const same = (bytes: Uint8Array | null, film: Uint8Array) =>
  expect(bytes !== null && Buffer.from(bytes).equals(Buffer.from(film))).toBe(true);

describe('a pull goes on', () => {
  test('where the connection was cut, by range, if the file is still the same', async () => {
    const answer = { file: FILM, etag: '"a"', lastModified: 'Sun, 01 Nov 2026 10:00:00 GMT' };
    // Whole reads of 256 KiB arrive; the rest of a cut one does not.
    script = [
      serve({ ...answer, cutAfter: READ_BYTES + 5 }),
      serve({ ...answer, cutAfter: READ_BYTES }),
      serve(answer),
    ];
    const { bytes, steps, pauses } = await pull();
    same(bytes, FILM);
    expect([steps, pauses]).toEqual([['fetch source'], []]);
    const [first, second, third] = asked;
    expect(first).toEqual({ range: null, ifRange: null, encoding: 'identity' });
    expect(second).toEqual({ range: `bytes=${READ_BYTES}-`, ifRange: '"a"', encoding: 'identity' });
    expect(third?.range).toBe(`bytes=${2 * READ_BYTES}-`);
  });

  test('in the next step, with the parts so far', async () => {
    script = [serve({ file: LONG_FILM, etag: '"a"' })];
    const { bytes, steps, pauses } = await pull({ sliceMs: 0 });
    same(bytes, LONG_FILM);
    expect([steps, pauses]).toEqual([['fetch source', 'fetch source 2'], []]);
    expect(asked.map(({ range }) => range)).toEqual([null, `bytes=${PART_BYTES}-`]);
  });

  test('after pauses, while the server is down', async () => {
    script = [status(503), status(429), serve({ file: FILM, etag: '"a"' })];
    const { bytes, steps, pauses } = await pull();
    same(bytes, FILM);
    expect([steps.length, pauses]).toEqual([3, [10_000, 20_000]]);
  });

  test('with Last-Modified where the ETag is weak, and without either', async () => {
    const lastModified = 'Sun, 01 Nov 2026 10:00:00 GMT';
    for (const validators of [{ etag: 'W/"a"', lastModified }, {}]) {
      asked = [];
      script = [serve({ file: FILM, cutAfter: READ_BYTES, ...validators }), serve({ file: FILM, ...validators })];
      same((await pull()).bytes, FILM);
      expect(asked[1]?.ifRange).toBe('etag' in validators ? lastModified : null);
    }
  });

  test('where an answer ends early without an error', async () => {
    const early = () => {
      const whole = answerOf({ file: FILM, etag: '"a"' }, null);
      return new Response(bodyOf(FILM.slice(0, READ_BYTES), false), { headers: whole.headers });
    };
    script = [early, serve({ file: FILM, etag: '"a"' })];
    same((await pull()).bytes, FILM);
    expect(asked[1]?.range).toBe(`bytes=${READ_BYTES}-`);
  });
});

describe('a pull begins anew', () => {
  const OTHER = filmOf(1000, 7);

  test.each<[string, (range: string | null) => Response]>([
    ['with the new file', serve({ file: OTHER, etag: '"b"', ranges: false })],
    ['with a range of the new file', serve({ file: FILM, etag: '"b"' })],
    ['with a range of a file of another size', serve({ file: filmOf(FILM.length + 1), etag: '"a"' })],
    ['with another range', () => answerOf({ file: FILM, etag: '"a"' }, 'bytes=9-')],
    ['416', status(416)],
  ])('when a server asked for a range answers %s', async (_, changed) => {
    script = [serve({ file: FILM, etag: '"a"', cutAfter: READ_BYTES }), changed, serve({ file: OTHER, etag: '"b"' })];
    const { bytes, pauses } = await pull();
    same(bytes, OTHER);
    expect(pauses).toEqual([10_000]);
    expect(await leftOver()).toBe(0);
  });

  test('three times, then it fails', async () => {
    // It cuts each time, and answers 200 to ranges.
    script = [serve({ file: FILM, etag: '"a"', cutAfter: READ_BYTES, ranges: false })];
    const { bytes, failure, pauses } = await pull();
    expect([bytes, failure?.code, pauses.length]).toEqual([null, 'source_missing', 3]);
    expect(failure?.message).toContain('cannot continue');
    expect(await leftOver()).toBe(0);
  });
});

describe('a pull fails', () => {
  test('when the server stays away for all attempts', async () => {
    script = [status(503)];
    const { failure, pauses, steps } = await pull();
    expect(failure).toEqual({
      code: 'source_missing',
      message: 'The source could not be read in 9 attempts: its server answered 503',
    });
    expect([steps.length, pauses.at(-1), pauses.reduce((sum, pause) => sum + pause) / 60_000]).toEqual([
      9, 600_000, 30.5,
    ]);
  });

  test.each<[string, string, () => Response]>([
    ['source_missing', 'the rest may not be read', status(403)],
    ['source_refused', 'the rest is on a private host', status(302, { location: 'http://10.0.0.1/film.mp4' })],
  ])('with %s when %s, and leaves no parts behind', async (code, _, answer) => {
    script = [serve({ file: LONG_FILM, etag: '"a"', cutAfter: PART_BYTES }), answer];
    const { bytes, failure, pauses } = await pull();
    expect([bytes, failure?.code, pauses]).toEqual([null, code, []]);
    expect(await leftOver()).toBe(0);
  });

  test('when a server that brings nothing is asked again and again', async () => {
    script = [serve({ file: FILM, etag: '"a"', cutAfter: 0 })];
    const { failure, pauses } = await pull();
    expect([failure?.code, pauses.length, asked.length]).toEqual(['source_missing', 8, 9]);
    expect(await leftOver()).toBe(0);
  });
});
