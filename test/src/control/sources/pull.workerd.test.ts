/** Pulling a source into R2. `fetch` is replaced: no test reaches out. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { jobErrorOf } from '../../../../src/control/encoding/job-failure.ts';
import { NOTHING_PULLED, pullSource, type SourceRequest } from '../../../../src/control/sources/pull.ts';

const URL_OF_FILM = 'https://media.example/film.mp4';

/** What the outside answers, by URL; every URL asked for. */
let answers = new Map<string, () => Response>();
let asked: string[] = [];
let sources = 0;

beforeEach(() => {
  answers = new Map();
  asked = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const url = String(input);
    asked.push(url);
    // Whoever follows redirects by itself checks none of them.
    expect(init?.redirect).toBe('manual');
    const answer = answers.get(url);
    if (answer === undefined) {
      throw new Error(`nobody is at ${url}`);
    }
    return answer();
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const newKey = (): string => {
  sources += 1;
  return `sources/film-${sources}/film.mp4`;
};

const film = (text: string, headers: Record<string, string> = { 'content-length': String(text.length) }) =>
  new Response(text, { headers });

const JOB = { jobId: 'job', assetId: 'film' };

const redirect = (location: string, status = 302) => new Response('moved', { status, headers: { location } });

test('a fault of ours is logged with its job and asset, and not shown', () => {
  const logged = vi.spyOn(console, 'error').mockReturnValue();
  const shown = jobErrorOf(new TypeError('x is undefined'), JOB);
  expect(shown.code).toBe('internal');
  expect(JSON.parse(logged.mock.lastCall?.[0])).toEqual({
    event: 'job_failed',
    job: 'job',
    asset: 'film',
    reason: 'x is undefined',
  });
  logged.mockRestore();
});

const pull = (source: SourceRequest, loopbackAllowed = false) =>
  pullSource(env.MEDIA, source, NOTHING_PULLED, loopbackAllowed);

/** The `{code, message}` that the job would show. */
async function failureOf(url: string | null, key = newKey()) {
  const error = await pull({ key, url }).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(await env.MEDIA.head(key)).toBeNull();
  return error === null ? null : jobErrorOf(error, JOB);
}

describe('a source', () => {
  test('that is in the bucket is not fetched', async () => {
    const key = newKey();
    await env.MEDIA.put(key, 'uploaded');
    expect(await pull({ key, url: URL_OF_FILM })).toEqual({ key, sizeBytes: 8 });
    expect(asked).toEqual([]);
  });

  test('is copied into the bucket as it is', async () => {
    const key = newKey();
    const bytes = 'frame'.repeat(100_000);
    answers.set(URL_OF_FILM, () => film(bytes));
    expect(await pull({ key, url: URL_OF_FILM })).toEqual({ key, sizeBytes: 500_000 });
    expect(await (await env.MEDIA.get(key))?.text()).toBe(bytes);
  });

  test('is copied once', async () => {
    const key = newKey();
    answers.set(URL_OF_FILM, () => film('one'));
    await pull({ key, url: URL_OF_FILM });
    answers.set(URL_OF_FILM, () => film('another'));
    expect(await pull({ key, url: URL_OF_FILM })).toEqual({ key, sizeBytes: 3 });
    expect(asked).toHaveLength(1);
  });

  test('that is nowhere is missing', async () => {
    expect(await failureOf(null)).toMatchObject({ code: 'source_missing' });
  });

  test.each([404, 403, 501, 304])('whose server answers %i is missing', async (status) => {
    answers.set(URL_OF_FILM, () => new Response(status === 304 ? null : 'no', { status }));
    expect(await failureOf(URL_OF_FILM)).toMatchObject({
      code: 'source_missing',
      message: expect.stringContaining(String(status)),
    });
  });
});

test('a source on this machine is read only where that was allowed', async () => {
  const [key, url] = [newKey(), 'http://127.0.0.1:9000/film.mp4'];
  answers.set(url, () => film('film'));
  expect(await failureOf(url)).toMatchObject({ code: 'source_refused' });
  expect(await pull({ key, url }, true)).toEqual({ key, sizeBytes: 4 });
  for (const other of ['http://10.0.0.1/a', 'http://[::1]/a', 'http://a:b@127.0.0.1/a', 'http://127.0.0.1.example/a']) {
    const refused = await pull({ key: newKey(), url: other }, true).catch((error) => jobErrorOf(error, JOB));
    // The last one is a public name that nobody answers at: worth another try.
    expect(refused).toMatchObject(other.includes('example') ? { pull: { failures: 1 } } : { code: 'source_refused' });
  }
});

describe('a redirect', () => {
  test('is followed, also where it is relative', async () => {
    const key = newKey();
    answers.set(URL_OF_FILM, () => redirect('/elsewhere.mp4', 308));
    answers.set('https://media.example/elsewhere.mp4', () => redirect('https://cdn.example/f.mp4', 301));
    answers.set('https://cdn.example/f.mp4', () => film('film'));
    expect(await pull({ key, url: URL_OF_FILM })).toEqual({ key, sizeBytes: 4 });
    expect(asked).toEqual([URL_OF_FILM, 'https://media.example/elsewhere.mp4', 'https://cdn.example/f.mp4']);
  });

  test.each([
    'http://127.0.0.1:8787/v1/assets',
    'http://169.254.169.254/latest/meta-data/',
    'http://2130706433/',
    'http://[::1]/',
    '//localhost/film.mp4',
    'file:///etc/passwd',
    'http://',
  ])('to %s is refused before it is asked', async (location) => {
    answers.set(URL_OF_FILM, () => redirect(location));
    expect(await failureOf(URL_OF_FILM)).toMatchObject({ code: 'source_refused' });
    expect(asked).toEqual([URL_OF_FILM]);
  });

  test('is followed five times, not for ever', async () => {
    answers.set(URL_OF_FILM, () => redirect(URL_OF_FILM));
    expect(await failureOf(URL_OF_FILM)).toMatchObject({ code: 'source_refused' });
    expect(asked).toHaveLength(6);
  });
});

test.each<[string, Record<string, string>]>([
  ['no length', {}],
  ['a length that is no number', { 'content-length': 'long' }],
  ['a negative length', { 'content-length': '-1' }],
  ['half a byte', { 'content-length': '1.5' }],
  ['a length in hexadecimal', { 'content-length': '0x4' }],
  ['the length of its packed form', { 'content-length': '2', 'content-encoding': 'identity, gzip' }],
])('a source with %s is read to its end', async (_, headers) => {
  const key = newKey();
  answers.set(URL_OF_FILM, () => film('film', headers));
  expect(await pull({ key, url: URL_OF_FILM })).toEqual({ key, sizeBytes: 4 });
  expect(await (await env.MEDIA.get(key))?.text()).toBe('film');
});

describe('a source is refused', () => {
  test('from a private address, unasked', async () => {
    expect(await failureOf('http://192.168.1.1/film.mp4')).toMatchObject({ code: 'source_refused' });
    expect(asked).toEqual([]);
  });

  test('that is larger than all parts', async () => {
    answers.set(URL_OF_FILM, () => film('film', { 'content-length': String(10_000 * 16 * 1024 ** 2 + 1) }));
    expect(await failureOf(URL_OF_FILM)).toMatchObject({ code: 'source_refused' });
  });

  test.each<[string, Record<string, string>]>([
    ['a length', { 'content-length': '0' }],
    ['none', {}],
  ])('that has no bytes, with %s', async (_, headers) => {
    answers.set(URL_OF_FILM, () => film('', headers));
    expect(await failureOf(URL_OF_FILM)).toMatchObject({ code: 'source_empty' });
  });

  test('and the reason names no secret of the URL', async () => {
    const failure = await failureOf('http://192.168.1.1/film.mp4?token=hunter2');
    expect(JSON.stringify(failure)).not.toContain('hunter2');
  });
});
