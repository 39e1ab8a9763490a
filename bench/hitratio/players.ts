/** The players of bench/hitratio.ts. They start sessions at the real Worker and fetch the segments of a replay. */
import { Agent, get } from 'node:http';
import { signLink } from '../../src/access/link-signing.ts';
import { initPath, segmentPath } from '../../src/media/keys.ts';
import { forEach } from '../many-objects.ts';
import { sum } from '../numbers.ts';
import type { ReplayRequest } from '../replay.ts';
import type { Runtime } from '../runtime.ts';
import { type Counted, count, newCounted, type TierBytes, versionOf } from '../tier-model.ts';
import { ATTEMPT, distinct } from './films.ts';

/** Concurrent requests. */
const CONNECTIONS = 16;
export const TIERS = ['memory', 'edge', 'r2'] as const;

type Answer = { body: string; bytes: number; tier: string };

/** The players of one Worker, with their sessions and the number of their requests. */
export class Players {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  readonly #runtime: Runtime;
  readonly #origin: string;
  readonly #paths = new Map<number, Promise<string>>();
  readonly #tracks = new Map<string, Promise<void>>();
  others = 0;
  /** Init segments that were read from R2. */
  initReads = 0;

  constructor(runtime: Runtime, origin: string) {
    this.#runtime = runtime;
    this.#origin = origin;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Plays a replay with new sessions. */
  async replay(requests: readonly ReplayRequest[]): Promise<Counted> {
    this.#paths.clear();
    this.#tracks.clear();
    const counted = newCounted();
    counted.distinctBytes = sum(distinct(requests).map(({ track }) => track.segmentBytes));
    await forEach(requests, async (request) => {
      const { asset, session, track, number } = request;
      const path = await once(this.#paths, session, () => this.#start(asset));
      await once(this.#tracks, `${session}/${track.id}`, () => this.#open(path, track.id));
      const { bytes, tier } = await this.#get(path + segmentPath(track.id, ATTEMPT, number));
      if (bytes !== track.segmentBytes || !(TIERS as readonly string[]).includes(tier)) {
        throw new Error(`unexpected answer: ${bytes} bytes from tier ${tier}`);
      }
      count(counted, tier as keyof TierBytes, bytes);
    });
    return counted;
  }

  /** Fetches each object once, with one session per film. This fills the cache as many sessions would. */
  async fill(requests: readonly ReplayRequest[]): Promise<void> {
    this.#paths.clear();
    await forEach(requests, async ({ asset, track, number }) => {
      const path = await once(this.#paths, asset, () => this.#start(asset));
      await this.#get(path + segmentPath(track.id, ATTEMPT, number));
    });
  }

  async #start(asset: number): Promise<string> {
    const { assetId } = versionOf(asset);
    const config = { LINK_SIGNING_KEY: this.#runtime.linkSigningKey };
    const link = await signLink(config, { assetId, expiresInSeconds: 3600, now: new Date() });
    this.others += 1;
    const { body } = await this.#get(`/v/${link}/main.m3u8`);
    return /^\/s\/[^/]+\//m.exec(body)?.[0] ?? '';
  }

  async #open(path: string, track: string): Promise<void> {
    this.others += 2;
    await this.#get(`${path}${track}.m3u8`);
    const { tier } = await this.#get(path + initPath(track));
    this.initReads += tier === 'r2' ? 1 : 0;
  }

  #get(path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      get(this.#origin + path, { agent: this.#agent }, (response) => {
        const { headers, statusCode } = response;
        if (statusCode !== 200) {
          reject(new Error(`the Worker answered ${statusCode}`));
        }
        const tier = /desc=(\w+)/.exec(String(headers['server-timing'] ?? ''))?.[1] ?? 'none';
        const isPlaylist = String(headers['content-type']).includes('mpegurl');
        let [body, bytes] = ['', 0];
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.byteLength;
          body += isPlaylist ? chunk.toString() : '';
        });
        response.once('end', () => resolve({ body, bytes, tier }));
        response.once('error', reject);
      }).once('error', reject);
    });
  }
}

/** Makes the value of a key once, also for concurrent callers. */
function once<K, T>(made: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}
