/** Files of cues from a public URL. `fetch` is replaced: no test reaches out. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readSource } from '../../../../src/control/tracks/content.ts';
import { AppError } from '../../../../src/errors.ts';
import { MAX_TEXT_BYTES } from '../../../../src/media/limits.ts';
import { call } from '../../http/client.ts';
import { playing, publishedFilm } from './film.ts';

const URL_OF_FILE = 'https://media.example/film.srt';
const SRT = '1\n00:00:01,000 --> 00:00:02,500\nHello\n';

/** What the outside answers, by URL; every URL asked for. */
let answers = new Map<string, (signal: AbortSignal) => Response>();
let asked: string[] = [];

beforeEach(() => {
  answers = new Map();
  asked = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const url = String(input);
    asked.push(url);
    expect(init?.redirect).toBe('manual');
    const answer = answers.get(url);
    if (answer === undefined) {
      throw new TypeError(`nobody is at ${url}`);
    }
    return answer(init?.signal ?? new AbortController().signal);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const redirect = (location: string) => new Response('moved', { status: 302, headers: { location } });

const read = async (): Promise<string> => new TextDecoder().decode(await readSource(env, { url: URL_OF_FILE }));

const errorOf = async (): Promise<unknown> =>
  await read().then(
    () => null,
    (error: unknown) => (error instanceof AppError ? error.code : error),
  );

test('a file from a URL becomes a track', async () => {
  const film = await publishedFilm();
  answers.set(URL_OF_FILE, () => new Response(SRT));
  const json = { kind: 'subtitles', language: 'en', source: { url: URL_OF_FILE } };
  expect(await call('POST', `/v1/assets/${film.assetId}/tracks`, { json })).toMatchObject({
    status: 201,
    body: { id: 't-en_1', status: 'ready' },
  });
  expect((await playing(film)).texts).toHaveLength(1);
});

test('redirects are followed, and checked', async () => {
  answers.set(URL_OF_FILE, () => redirect('/elsewhere.srt'));
  answers.set('https://media.example/elsewhere.srt', () => new Response(SRT));
  expect(await read()).toBe(SRT);
  expect(asked).toEqual([URL_OF_FILE, 'https://media.example/elsewhere.srt']);
  answers.set('https://media.example/elsewhere.srt', () => redirect('http://169.254.169.254/latest/meta-data/'));
  expect(await errorOf()).toBe('source_refused');
  expect(asked).toHaveLength(4);
});

test('a body that is too large is read no further', async () => {
  const part = new Uint8Array(1024 * 1024);
  let parts = 0;
  const cancel = vi.fn();
  const endless = () =>
    new ReadableStream({
      pull(controller) {
        parts += 1;
        controller.enqueue(part);
      },
      cancel,
    });
  answers.set(URL_OF_FILE, () => new Response(endless()));
  expect(await errorOf()).toBe('body_too_large');
  expect(cancel).toHaveBeenCalledOnce();
  expect(parts * part.byteLength).toBeLessThan(MAX_TEXT_BYTES + 4 * part.byteLength);
});

test('a body that does not come in time is given up', async () => {
  const deadline = new AbortController();
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(deadline.signal);
  answers.set(URL_OF_FILE, (signal) => {
    const body = new ReadableStream({
      start(controller) {
        signal.addEventListener('abort', () => controller.error(signal.reason));
      },
      pull() {
        deadline.abort();
      },
    });
    return new Response(body);
  });
  expect(await errorOf()).toBe('source_not_found');
  expect(deadline.signal.aborted).toBe(true);
});

test.each([404, 500])('a server that answers %i has no file', async (status) => {
  answers.set(URL_OF_FILE, () => new Response('no', { status }));
  expect(await errorOf()).toBe('source_not_found');
});

test('a server that cannot be reached has no file', async () => {
  expect(await errorOf()).toBe('source_not_found');
});
