/**
 * `npm run bench -- hitratio`: 10,000 signed sessions on 1,000 assets of Zipf popularity through the real Worker, memory
 * and edge tiers only: how much of the media does not come from R2. First with empty caches, where every object has to be
 * read once whatever a cache does, then with what WARM_REPLAYS equally large audiences before have left in the data
 * centre's cache. Films are cut short and segments small (SCALE): that changes the memory tier's share, which the model
 * gives for real sizes, and not what R2 is asked for, because whatever memory holds the edge holds too. The local cache
 * neither evicts nor gets old enough to let go of anything: what that would change is the model's part too.
 * SESSIONS, ASSETS, ZIPF and WARM_REPLAYS change the size. Fails below 95 % with warm caches, or where counts disagree.
 */
import { randomBytes } from 'node:crypto';
import { Agent, get } from 'node:http';
import { currentKey, initKey, initPath, segmentKey, segmentPath } from '../src/contract/keys.ts';
import { MEMORY_BYTES_MAX } from '../src/delivery/tiers/limits.ts';
import { EDGE_SECONDS } from '../src/delivery/tiers/popularity.ts';
import { signLink } from '../src/playback/link-signing.ts';
import { forEach, PUTTER, putObjects } from './many-objects.ts';
import { treeCpuSeconds } from './process-cpu.ts';
import { makeReplay, type ReplayOptions, type ReplayRequest, type ReplayTrack } from './replay.ts';
import { type Runtime, startRuntime } from './runtime.ts';
import { publishSynthetic, syntheticPresentation } from './synthetic-asset.ts';
import { printTable } from './table.ts';
import {
  type Counted,
  count,
  hitRatio,
  newCounted,
  objectName,
  ratioMax,
  type TierBytes,
  TierModel,
  versionOf,
} from './tier-model.ts';

const sessions = Number(process.env['SESSIONS'] ?? 10_000);
const assets = Number(process.env['ASSETS'] ?? 1000);
/** Views of YouTube and of films followed Zipf's law with exponents around 1 (Cha et al., I Tube, You Tube, IMC 2007). */
const exponent = Number(process.env['ZIPF'] ?? 1);
const warmReplays = Number(process.env['WARM_REPLAYS'] ?? 8);

const RATIO_MIN = 0.95;
/** The model counts the same requests in the same order; what runs at once in the Worker may change places. */
const MODEL_ERROR_MAX = 0.01;

/** 4 s at 4, 2 and 1 Mb/s. */
const TRACKS: readonly ReplayTrack[] = [
  { id: 'v480', height: 480, segmentBytes: 500_000 },
  { id: 'v720', height: 720, segmentBytes: 1_000_000 },
  { id: 'v1080', height: 1080, segmentBytes: 2_000_000 },
];
/** 2 MB are replayed as 100 KB, and a film of 100 minutes as 16 segments: tens of thousands of objects on a laptop. */
const SCALE = 20;
const FILM_SECONDS = 6000;
const FILM_SEGMENTS = 16;
/** Requests under way at once. */
const CONNECTIONS = 16;
const INIT_BYTES = 800;
const ATTEMPT = '1';
const TIERS = ['memory', 'edge', 'r2'] as const;

const smallTracks = TRACKS.map((track) => ({ ...track, segmentBytes: track.segmentBytes / SCALE }));
const OPTIONS: Omit<ReplayOptions, 'seed'> = {
  assets,
  sessions,
  exponent,
  segments: FILM_SEGMENTS,
  segmentSeconds: FILM_SECONDS / FILM_SEGMENTS,
  hours: 4,
  tracks: smallTracks,
};

function distinct(requests: readonly ReplayRequest[]): ReplayRequest[] {
  return [...new Map(requests.map((request) => [objectName(request), request])).values()];
}

async function putFilms(runtime: Runtime, wanted: readonly ReplayRequest[]): Promise<void> {
  const init = randomBytes(INIT_BYTES);
  const tracks = smallTracks.map(({ segmentBytes, ...track }) => ({
    ...track,
    segmentBytes: Array.from({ length: FILM_SEGMENTS }, () => segmentBytes),
  }));
  await forEach(new Set(wanted.map(({ asset }) => asset)), async (asset) => {
    const presentation = syntheticPresentation(versionOf(asset).assetId, tracks, init);
    await publishSynthetic(runtime.putObject, presentation);
    const { version } = presentation;
    const current = { version, revision: 1, policy: 'signed', disabled: false };
    await runtime.putObject(currentKey(presentation.assetId), JSON.stringify(current));
    for (const { id } of tracks) {
      await runtime.putObject(initKey(presentation, id), init);
    }
  });
  await putObjects(
    runtime,
    wanted.map(({ asset, track, number }) => ({
      key: segmentKey(versionOf(asset), track.id, ATTEMPT, number),
      bytes: track.segmentBytes,
    })),
  );
}

type Answer = { body: string; bytes: number; tier: string; reads: number };

/** Players of one Worker: sessions that have begun, and what they have fetched so far. */
class Players {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  readonly #runtime: Runtime;
  readonly #origin: string;
  readonly #paths = new Map<number, Promise<string>>();
  readonly #tracks = new Map<string, Promise<void>>();
  others = 0;
  /** Reads of the bucket, as the Worker counts them. */
  reads = 0;
  /** Answers of init segments that came from the bucket. */
  initReads = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#origin = runtime.urlOf('sluice');
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Sessions of a new replay are others than those of the last. */
  async replay(requests: readonly ReplayRequest[]): Promise<Counted> {
    this.#paths.clear();
    this.#tracks.clear();
    const counted = newCounted();
    counted.distinctBytes = distinct(requests).reduce((sum, { track }) => sum + track.segmentBytes, 0);
    await forEach(requests, async (request) => {
      const { asset, session, track, number } = request;
      const path = await once(this.#paths, session, () => this.#start(asset));
      await once(this.#tracks, `${session}/${track.id}`, () => this.#open(path, track.id));
      const { bytes, tier } = await this.#get(path + segmentPath(track.id, ATTEMPT, number));
      if (bytes !== track.segmentBytes || !(TIERS as readonly string[]).includes(tier)) {
        throw new Error(`${bytes} bytes from ${tier}`);
      }
      count(counted, tier as keyof TierBytes, bytes);
    });
    return counted;
  }

  /** Asks for each as if one session had watched all of its film: leaves in the cache what many would have left. */
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
          reject(new Error(`answered with ${statusCode}`));
        }
        const tier = /desc=(\w+)/.exec(String(headers['server-timing'] ?? ''))?.[1] ?? 'none';
        const reads = Number(JSON.parse(String(headers['sluice-debug-tiers'] ?? '{}')).r2MediaReads ?? 0);
        this.reads = Math.max(this.reads, reads);
        let [body, bytes] = ['', 0];
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.byteLength;
          body += tier === 'none' ? chunk.toString() : '';
        });
        response.once('end', () => resolve({ body, bytes, tier, reads }));
        response.once('error', reject);
      }).once('error', reject);
    });
  }
}

/** What was made under this key; it is made once, also for those who come meanwhile. */
function once<K, T>(made: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}

const percent = (share: number): string => (share * 100).toFixed(1);

function rowOf(name: string, counted: Counted): string[] {
  const { requests, bytes, tierBytes, tierRequests } = counted;
  return [
    name,
    String(requests),
    ...TIERS.map((tier) => percent(tierBytes[tier] / bytes)),
    percent(hitRatio(counted)),
    percent(1 - tierRequests.r2 / requests),
    ((tierRequests.r2 * 1000) / requests).toFixed(0),
  ];
}

const HEAD = ['% of bytes', 'segments', ...TIERS, 'not R2', 'requests', 'R2 per 1,000'];

function fail(reason: string): void {
  console.log(reason);
  process.exitCode = 1;
}

const audiences = Array.from({ length: warmReplays + 1 }, (_, index) => makeReplay({ ...OPTIONS, seed: index + 1 }));
const first = audiences[0] ?? [];
const last = audiences[warmReplays] ?? [];

async function measure(
  name: string,
  { players, runtime }: { players: Players; runtime: Runtime },
  requests: readonly ReplayRequest[],
): Promise<Counted> {
  const [started, cpuBefore] = [performance.now(), treeCpuSeconds(runtime.pid)];
  const [readsBefore, initsBefore, othersBefore] = [players.reads, players.initReads, players.others];
  const counted = await players.replay(requests);
  const [reads, others] = [players.reads - readsBefore, players.others - othersBefore];
  const cpu = treeCpuSeconds(runtime.pid) - cpuBefore;
  const answered = counted.tierRequests.r2 + players.initReads - initsBefore;
  console.log(
    `${name}: ${counted.requests} segments, ${others} playlists and init segments;`,
    `the Worker read R2 ${reads} times, ${answered} for segments and init segments,`,
    `${reads - answered} for presentations; ${((performance.now() - started) / 1000).toFixed(0)} s,`,
    `${((cpu * 1000) / (counted.requests + others)).toFixed(2)} ms CPU a request, the local R2 and cache included`,
  );
  // A presentation is read once for each asset; anything else would be a read that no answer has named.
  if (reads < answered || reads - answered > assets) {
    fail('FAILED: the counts of answers and of reads disagree');
  }
  return counted;
}

async function replayForReal(): Promise<{ cold: Counted; warm: Counted }> {
  const vars = { DEBUG_TIERS: 'on', SHIELD: 'off' };
  const runtime = await startRuntime([{ name: 'sluice', vars }, PUTTER]);
  const players = new Players(runtime);
  try {
    await putFilms(runtime, distinct(audiences.flat()));
    const cold = await measure('empty caches', { players, runtime }, first);
    await players.fill(distinct(audiences.slice(1, -1).flat()));
    return { cold, warm: await measure('warm', { players, runtime }, last) };
  } finally {
    players.close();
    await runtime.close();
  }
}

function compare(name: string, real: Counted, model: Counted): void {
  if (Math.abs(hitRatio(real) - hitRatio(model)) > MODEL_ERROR_MAX) {
    fail(`FAILED: the model does not give what was measured with ${name} caches`);
  }
}

const FOR_EVER = { memoryBytes: MEMORY_BYTES_MAX, edgeBytes: Number.POSITIVE_INFINITY, edgeSeconds: null };

/** The last audience, each coming `everyHours` after the one before. */
function modelled(options: ConstructorParameters<typeof TierModel>[0], everyHours = OPTIONS.hours): Counted {
  const model = new TierModel(options);
  const counted = audiences.map((requests, index) => model.replay(requests, index * everyHours * 3_600_000));
  return counted.at(-1) ?? newCounted();
}

console.log(
  `${sessions} sessions, ${assets} assets, Zipf ${exponent}; warm: after ${warmReplays} audiences of that size; 2-MB segments as ${2000 / SCALE} KB`,
);
const { cold, warm } = await replayForReal();
const coldModel = new TierModel(FOR_EVER).replay(first);
const warmModel = modelled(FOR_EVER);
printTable(HEAD, [
  rowOf('measured, empty caches', cold),
  rowOf('measured, warm', warm),
  rowOf('model, empty caches', coldModel),
  rowOf('model, warm', warmModel),
]);
console.log(`No cache that begins empty can do better than ${percent(ratioMax(cold))} %: each object is read once.`);

const { hot } = EDGE_SECONDS;
const catalogueBytes = assets * FILM_SEGMENTS * smallTracks.reduce((sum, { segmentBytes }) => sum + segmentBytes, 0);
const wholeFilms = makeReplay({ ...OPTIONS, tracks: TRACKS, segments: 375, segmentSeconds: 4, seed: 1 });
console.log('\nThe model, where caches forget:');
printTable(HEAD, [
  rowOf(
    `limits of popularity.ts, an audience every ${OPTIONS.hours} h`,
    modelled({ ...FOR_EVER, edgeSeconds: EDGE_SECONDS }),
  ),
  rowOf('the same, one a day', modelled({ ...FOR_EVER, edgeSeconds: EDGE_SECONDS }, 24)),
  rowOf(
    'one a day, all kept as long as hot ones',
    modelled({ ...FOR_EVER, edgeSeconds: { hot, warm: hot, cold: hot } }, 24),
  ),
  rowOf('room for half of the catalogue', modelled({ ...FOR_EVER, edgeBytes: catalogueBytes / 2 })),
  rowOf('room for a tenth', modelled({ ...FOR_EVER, edgeBytes: catalogueBytes / 10 })),
  rowOf('25-minute films, 2-MB segments, empty caches', new TierModel(FOR_EVER).replay(wholeFilms)),
]);

compare('empty', cold, coldModel);
compare('warm', warm, warmModel);
if (hitRatio(warm) < RATIO_MIN) {
  fail(`FAILED: ${percent(hitRatio(warm))} % with warm caches, bound ${percent(RATIO_MIN)} %`);
}
