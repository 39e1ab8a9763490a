/** A captioning service that is asked for the cues of a film: what it gets, how it delivers, and what becomes of silence. */
import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { SWEEP_CRON } from '../../../../src/control/notify/dispatch.ts';
import { newSecret, signedHeaders } from '../../../../src/control/notify/signature.ts';
import worker from '../../../../src/index.ts';
import { call, ORIGIN, problemOf } from '../../http/client.ts';
import { type Film, newFilm, playing, publishedFilm } from './film.ts';

const SERVICE = 'https://captions.example/orders';
const VTT = 'WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n';
const HOUR_MS = 3_600_000;

const messageSchema = z.strictObject({
  id: z.string(),
  type: z.literal('captions.requested'),
  assetId: z.string(),
  track: z.string(),
  kind: z.string(),
  language: z.string(),
  durationSeconds: z.number(),
  sound: z.strictObject({ hls: z.url(), dash: z.url() }),
  upload: z.url(),
  expiresAt: z.iso.datetime(),
});

let sent: { url: string; headers: Headers; body: string }[] = [];
/** What the service answers; 0: nothing. */
let answer = 200;
let now = 0;

const passTime = (ms: number) => {
  now += ms;
  vi.setSystemTime(now);
};
const sweep = () => worker.scheduled(createScheduledController({ cron: SWEEP_CRON, scheduledTime: now }), env);

beforeEach(() => {
  sent = [];
  answer = 200;
  now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now });
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    sent.push({ url: String(input), headers: new Headers(init?.headers), body: String(init?.body) });
    if (answer === 0) {
      throw new Error('no connection');
    }
    return new Response(null, { status: answer });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const order = ({ assetId }: Pick<Film, 'assetId'>, more: object = {}) =>
  call('POST', `/v1/assets/${assetId}/tracks`, {
    json: { kind: 'captions', language: 'en', service: { url: SERVICE }, ...more },
  });
const trackOf = async ({ assetId }: Film, id: string) => {
  const { body } = await call('GET', `/v1/assets/${assetId}/tracks`);
  const { tracks } = z.object({ tracks: z.array(z.looseObject({ id: z.string() })) }).parse(body);
  return tracks.find((track) => track.id === id);
};
const idOf = ({ body }: { body: unknown }) => z.looseObject({ id: z.string() }).parse(body).id;
/** The message that the service got last. */
async function message() {
  await vi.waitFor(() => expect(sent).not.toHaveLength(0));
  return messageSchema.parse(JSON.parse(sent.at(-1)?.body ?? ''));
}
const deliver = (upload: string, body: BodyInit = VTT) =>
  call('PUT', new URL(upload).pathname, { token: null, body, headers: { 'content-type': 'text/vtt' } });

describe('an order', () => {
  test('is sent with a link to the sound and an address that takes the file, once', async () => {
    const film = await publishedFilm();
    const secret = newSecret();
    const answered = await order(film, { service: { url: SERVICE, secret } });
    const id = idOf(answered);
    expect(answered).toMatchObject({
      status: 202,
      body: { kind: 'captions', language: 'en', status: 'waiting', error: null },
    });
    const asked = await message();
    expect(asked).toMatchObject({
      assetId: film.assetId,
      track: id,
      kind: 'captions',
      language: 'en',
      durationSeconds: 9.5095,
    });
    const signed = await signedHeaders([secret], { id: asked.id, sentAtMs: now, body: sent[0]?.body ?? '' });
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toMatchObject(signed);
    expect((await call('GET', new URL(asked.sound.hls).pathname, { token: null })).status).toBe(200);
    expect(asked.upload).toMatch(new RegExp(`^${ORIGIN}/v1/captions/[0-9a-z]{32}$`));

    expect((await deliver(asked.upload)).status).toBe(204);
    expect(await trackOf(film, id)).toMatchObject({ status: 'ready', warnings: [] });
    expect((await playing(film)).texts).toMatchObject([{ id, kind: 'captions', language: 'en' }]);
    expect(problemOf(await deliver(asked.upload))).toEqual([404, 'not_found']);
  });

  test('is sent again, the same, until the service takes it', async () => {
    answer = 0;
    const film = await publishedFilm();
    const id = idOf(await order(film));
    const first = await message();
    expect(sent[0]?.headers.has('webhook-signature')).toBe(false);
    await vi.waitFor(async () => {
      const row = await env.CATALOG.prepare('SELECT attempts, due_at FROM caption_orders WHERE id = ?')
        .bind(first.id)
        .first();
      expect(row).toMatchObject({ attempts: 1, due_at: expect.toSatisfy((at) => at < now + 10_000) });
    });
    await sweep();
    expect(sent).toHaveLength(1);
    passTime(60_000);
    answer = 200;
    await sweep();
    expect(sent.map(({ body }) => body)).toEqual([sent[0]?.body, sent[0]?.body]);
    passTime(HOUR_MS);
    await sweep();
    expect(sent).toHaveLength(2);
    expect((await deliver(first.upload)).status).toBe(204);
    expect(await trackOf(film, id)).toMatchObject({ status: 'ready' });
  });

  test.each([
    [200, 'captions_overdue'],
    [0, 'captions_unreachable'],
  ])('that nothing comes of (%i) fails after two days: %s', async (status, code) => {
    answer = status;
    const film = await publishedFilm();
    const id = idOf(await order(film));
    const { upload } = await message();
    passTime(47 * HOUR_MS);
    await sweep();
    expect(await trackOf(film, id)).toMatchObject({ status: 'waiting' });
    passTime(HOUR_MS);
    expect(problemOf(await deliver(upload))).toEqual([404, 'not_found']);
    passTime(60_000);
    await sweep();
    expect(await trackOf(film, id)).toMatchObject({ status: 'failed', error: { code } });
  });

  test('that the service refuses for good fails at once', async () => {
    answer = 410;
    const film = await publishedFilm();
    const id = idOf(await order(film));
    await vi.waitFor(async () =>
      expect(await trackOf(film, id)).toMatchObject({ status: 'failed', error: { code: 'captions_refused' } }),
    );
  });
});

describe('what is delivered', () => {
  test('is refused where it is no text; the service may send another file', async () => {
    const film = await publishedFilm();
    const id = idOf(await order(film));
    const { upload } = await message();
    expect(problemOf(await deliver(upload, '<html>'))).toEqual([422, 'text_unreadable']);
    expect(await trackOf(film, id)).toMatchObject({ status: 'waiting' });
    expect((await deliver(upload)).status).toBe(204);
  });

  test('is refused where the track is gone, or an editor was faster', async () => {
    const film = await publishedFilm();
    const path = `/v1/assets/${film.assetId}/tracks`;
    const deleted = idOf(await order(film));
    const first = await message();
    await call('DELETE', `${path}/${deleted}`);
    expect(problemOf(await deliver(first.upload))).toEqual([404, 'not_found']);

    sent = [];
    const replaced = idOf(await order(film));
    const second = await message();
    await call('PUT', `${path}/${replaced}/text`, {
      body: VTT.replace('Hello', 'Edited'),
      headers: { 'content-type': 'text/vtt' },
    });
    expect(problemOf(await deliver(second.upload))).toEqual([404, 'not_found']);
    expect((await call('GET', `${path}/${replaced}/text`)).body).toContain('Edited');
  });

  test('needs the address', async () => {
    expect(problemOf(await deliver(`${ORIGIN}/v1/captions/${'0'.repeat(32)}`))).toEqual([404, 'not_found']);
    expect(problemOf(await deliver(`${ORIGIN}/v1/captions/x`))).toEqual([404, 'not_found']);
  });
});

describe('refused', () => {
  test.each([
    [{ service: { url: 'http://captions.example/' } }, 422, 'source_refused'],
    [{ service: { url: 'https://10.0.0.1/' } }, 422, 'source_refused'],
    [{ kind: 'forced' }, 400, 'invalid_request'],
    [{ kind: 'audio' }, 400, 'invalid_request'],
    [{ url: 'https://films.example/a.srt' }, 400, 'invalid_request'],
    [{ service: { url: SERVICE, secret: 'x' } }, 400, 'invalid_request'],
  ])('%j: %i %s', async (more, status, code) => {
    expect(problemOf(await order(await publishedFilm(), more))).toEqual([status, code]);
    expect(sent).toEqual([]);
  });

  test('before the film has sound to hand over', async () => {
    expect(problemOf(await order(await newFilm()))).toEqual([422, 'track_refused']);
  });
});
