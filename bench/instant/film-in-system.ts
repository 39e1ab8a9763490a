/** A running Worker for bench/instant.ts, and films in it that play from their source. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request as ask } from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { importJWK, SignJWT } from 'jose';
import type { Instance, Runtime } from '../runtime.ts';
import type { Reads } from './reads.ts';

export const INSTANCE = 'sluice';

export const instance = (delayMs: number): Instance => ({
  name: INSTANCE,
  entry: 'bench/instant/worker/index.ts',
  vars: { BENCH_R2_DELAY_MS: String(delayMs), SHIELD: 'off' },
});

const LINK_SECONDS = 4 * 3600;
const PLAYABLE_MS = 60_000;
const POLL_MS = 5;

export const originOf = (runtime: Runtime): string => runtime.urlOf(INSTANCE);

/** As an app with a key of its own signs it, with downloads. */
export async function linkOf({ linkSigningKey }: Runtime, assetId: string): Promise<string> {
  const issuedAt = Math.floor(Date.now() / 1000);
  return await new SignJWT({ aud: 'video', downloads: true })
    .setProtectedHeader({ alg: 'ES256', kid: linkSigningKey.kid })
    .setSubject(assetId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LINK_SECONDS)
    .sign(await importJWK(linkSigningKey, 'ES256'));
}

export type Playable = { url: string; playlist: string };

/** Asks for the playlist until it is there. */
export async function untilPlayable(runtime: Runtime, assetId: string): Promise<Playable> {
  const url = `${originOf(runtime)}/v/${await linkOf(runtime, assetId)}/main.m3u8`;
  const deadlineMs = performance.now() + PLAYABLE_MS;
  for (;;) {
    const response = await fetch(url);
    const playlist = await response.text();
    if (response.status === 200) {
      return { url, playlist };
    }
    if (performance.now() > deadlineMs) {
      throw new Error(
        `asset ${assetId} does not play: ${response.status} ${playlist}; ${await lookOf(runtime, assetId)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const authorized = ({ apiToken }: Runtime) => ({ authorization: `Bearer ${apiToken}` });

/** For messages: what the API says of it. */
async function lookOf(runtime: Runtime, assetId: string): Promise<string> {
  const response = await fetch(`${originOf(runtime)}/v1/assets/${assetId}`, { headers: authorized(runtime) });
  return (await response.text()).slice(0, 2000);
}

/** Puts a file into the bucket without an upload, and makes an asset of it. Returns its id. */
export async function putFilm(runtime: Runtime, path: string, name: string): Promise<string> {
  const key = `sources/bench/${name}.mp4`;
  const { size } = await stat(path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { 'content-length': String(size) };
  const request = ask(`${originOf(runtime)}/bench/objects?key=${key}`, { method: 'POST', headers }, (answer) => {
    text(answer).then((said) => (answer.statusCode === 200 ? resolve() : reject(new Error(`${key}: ${said}`))), reject);
  });
  pipeline(createReadStream(path, { highWaterMark: 1024 ** 2 }), request).catch(reject);
  await promise;
  return await makeAsset(runtime, key, name);
}

/** Makes an asset of an object of the bucket. Returns its id. */
export async function makeAsset(runtime: Runtime, key: string, name: string): Promise<string> {
  const response = await fetch(`${originOf(runtime)}/v1/assets`, {
    method: 'POST',
    headers: { ...authorized(runtime), 'content-type': 'application/json' },
    body: JSON.stringify({ source: { object: key }, title: name }),
  });
  const asset = (await response.json()) as { id?: string };
  if (asset.id === undefined) {
    throw new Error(`${key}: ${response.status} ${JSON.stringify(asset)}`);
  }
  return asset.id;
}

/** Deletes everything below a prefix of the bucket. */
export async function removeObjects(runtime: Runtime, prefix: string): Promise<void> {
  await fetch(`${originOf(runtime)}/bench/objects?key=${prefix}`, { method: 'DELETE' });
}

/** What was read of the bucket since the last call, by the isolate that delivers. */
export const takeReads = async (runtime: Runtime): Promise<Reads> =>
  (await (await fetch(`${originOf(runtime)}/bench/reads`)).json()) as Reads;

export type SourceSession = {
  /** URLs of all segments, in order. */
  video: string[];
  audio: string[];
  inits: string[];
};

/** Begins a session that plays the source. */
export async function startSourceSession(runtime: Runtime, assetId: string): Promise<SourceSession> {
  const { url, playlist } = await untilPlayable(runtime, assetId);
  const uris = async (track: string): Promise<{ init: string; segments: string[] }> => {
    const path = new RegExp(`/s/[^"\\s]+/${track}\\.m3u8`).exec(playlist)?.[0];
    if (path === undefined) {
      throw new Error(`the film does not play from its source:\n${playlist}`);
    }
    const listUrl = new URL(path, url);
    const list = await (await fetch(listUrl)).text();
    const absolute = (uri: string) => new URL(uri, listUrl).href;
    return {
      init: absolute(/#EXT-X-MAP:URI="([^"]+)"/.exec(list)?.[1] ?? ''),
      segments: [...list.matchAll(/^[^#\s]\S*$/gm)].map(([uri]) => absolute(uri)),
    };
  };
  const [video, audio] = [await uris('sv0'), await uris('sa0')];
  return { video: video.segments, audio: audio.segments, inits: [video.init, audio.init] };
}

/** Reads an answer to its end. Throws unless it is 200. Returns its size and the tier that gave it. */
export async function fetchWhole(url: string): Promise<{ bytes: number; tier: string }> {
  const response = await fetch(url);
  const { byteLength } = await response.arrayBuffer();
  if (response.status !== 200) {
    throw new Error(`${url}: ${response.status}`);
  }
  return { bytes: byteLength, tier: /desc=(\w+)/.exec(response.headers.get('server-timing') ?? '')?.[1] ?? 'none' };
}
