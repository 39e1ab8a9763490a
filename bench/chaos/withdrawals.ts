/**
 * Changes that end or allow playback, each sent once while the stores fail and never again, and what has to hold when they are
 * whole: what was acknowledged is in the catalog, and what plays is what the catalog says, one sweep and EDGE_STATE_SECONDS
 * later.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { z } from 'zod';
import type { Disturbance } from './disturbances.ts';
import { EDGE_STATE_SECONDS, type FragileSystem } from './fragile-system.ts';
import { CALL_TIMEOUT_MS, patiently } from './patience.ts';
import type { Random } from './random.ts';

const WITHDRAWALS = ['disable', 'delete', 'asset', 'link', 'key'] as const;
type Withdrawal = (typeof WITHDRAWALS)[number];

/** How soon after a store begins to fail the asset is withdrawn, at most. */
const INTO_OUTAGE_MS = 500;
/** How often the other is switched off or on in a round, and within which time. */
const TOGGLES = 6;
const TOGGLED_MS = 12_000;
/** Longer than the longest outage, and the time that the Worker gives the bucket. */
const CHANGE_TIMEOUT_MS = 20_000;
/** For the clock of the isolate and the request itself. */
const SLACK_MS = 1_500;
const POLL_MS = 100;

/** A viewer who plays an asset with a link of the app's own key, and a segment of that session. */
export type Viewer = { assetId: string; kid: string; jti: string; segmentUrl: string };

/** What is asked of the system, and nothing else. */
export type CalledSystem = Pick<FragileSystem, 'url' | 'apiToken' | 'sweep'>;

type Answer = { status: number; body: unknown };

async function call(system: CalledSystem, method: string, path: string, json?: unknown, timeoutMs = CALL_TIMEOUT_MS) {
  const response = await fetch(new URL(path, system.url), {
    method,
    headers: {
      authorization: `Bearer ${system.apiToken}`,
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) } satisfies Answer;
}

/** While nothing is broken. */
async function callWhole(system: CalledSystem, method: string, path: string, json?: unknown): Promise<Answer> {
  return await patiently(async () => {
    const answer = await call(system, method, path, json);
    if (answer.status >= 500) {
      throw new Error(`${method} ${path}: ${answer.status}`);
    }
    return answer;
  });
}

/** Registers a key and begins to play with it. */
async function playWithOwnKey(system: CalledSystem, assetId: string, name: string): Promise<Viewer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = `key-${name}`;
  const jti = `link-${name}`;
  await callWhole(system, 'POST', '/v1/signing-keys', { publicJwk: await exportJWK(publicKey), kid });
  const link = await new SignJWT({ jti })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setSubject(assetId)
    .setExpirationTime('2h')
    .sign(privateKey);
  const segmentUrl = await patiently(async () => {
    const playlist = await firstLine(new URL(`/v/${link}/main.m3u8`, system.url));
    return (await firstLine(playlist)).href;
  });
  return { assetId, kid, jti, segmentUrl };
}

/** What the first line that is no tag names. */
async function firstLine(playlist: URL): Promise<URL> {
  const response = await fetch(playlist, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  const line = (await response.text()).split('\n').find((text) => text !== '' && !text.startsWith('#'));
  if (!response.ok || line === undefined) {
    throw new Error(`${playlist.pathname.split('/').at(-1)}: ${response.status}`);
  }
  return new URL(line, playlist);
}

const CALLS: Readonly<Record<Withdrawal, (viewer: Viewer) => [method: string, path: string, json?: unknown]>> = {
  disable: ({ assetId }) => ['PATCH', `/v1/assets/${assetId}`, { disabled: true }],
  delete: ({ assetId }) => ['DELETE', `/v1/assets/${assetId}`],
  asset: ({ assetId }) => ['POST', '/v1/revocations', { kind: 'asset', value: assetId }],
  link: ({ jti }) => ['POST', '/v1/revocations', { kind: 'link', value: jti }],
  key: ({ kid }) => ['DELETE', `/v1/signing-keys/${kid}`],
};

/** Once. Resolves with whether it was acknowledged. */
async function tryCall(system: CalledSystem, [method, path, json]: [string, string, unknown?]): Promise<boolean> {
  try {
    return (await call(system, method, path, json, CHANGE_TIMEOUT_MS)).status < 300;
  } catch {
    return false;
  }
}

/** Switches the asset off and on, in the order in which the calls arrive. Resolves with how many were acknowledged. */
async function toggle(system: CalledSystem, viewer: Viewer, pausesMs: readonly number[]): Promise<number> {
  let disabled = true;
  const calls: Promise<boolean>[] = [];
  for (const pauseMs of pausesMs) {
    await pause(pauseMs);
    calls.push(tryCall(system, ['PATCH', `/v1/assets/${viewer.assetId}`, { disabled }]));
    disabled = !disabled;
  }
  return (await Promise.all(calls)).filter((isAcknowledged) => isAcknowledged).length;
}

const revocationsSchema = z.object({ revocations: z.array(z.unknown()) });
const keysSchema = z.object({ keys: z.array(z.object({ kid: z.string() })) });
const assetSchema = z.object({ disabled: z.boolean() });

/** Whether the catalog says that the viewer may go on. */
async function mayPlay(system: CalledSystem, { assetId, kid, jti }: Viewer): Promise<boolean> {
  const asset = await callWhole(system, 'GET', `/v1/assets/${assetId}`);
  const keys = keysSchema.parse((await callWhole(system, 'GET', '/v1/signing-keys')).body).keys;
  const revocations = await Promise.all(
    [`kind=asset&value=${assetId}`, `kind=link&value=${jti}`].map(
      async (query) =>
        revocationsSchema.parse((await callWhole(system, 'GET', `/v1/revocations?${query}`)).body).revocations,
    ),
  );
  return (
    asset.status === 200 &&
    !assetSchema.parse(asset.body).disabled &&
    keys.some((key) => key.kid === kid) &&
    revocations.flat().length === 0
  );
}

/** Of a viewer whose `how` was tried. Empty where all is as it has to be. The stores are whole. */
export async function wrongsOf(
  system: CalledSystem,
  viewer: Viewer,
  how: string,
  isAcknowledged: boolean,
): Promise<string[]> {
  const expected = await mayPlay(system, viewer);
  const lost = isAcknowledged && expected ? [`${how} was acknowledged, and the catalog does not know`] : [];
  await system.sweep();
  const deadline = performance.now() + EDGE_STATE_SECONDS * 1000 + SLACK_MS;
  for (;;) {
    const status = await patiently(() => statusOf(viewer.segmentUrl));
    if ((status === 200) === expected) {
      return lost;
    }
    if (performance.now() > deadline) {
      return [
        ...lost,
        `${how}: a segment is answered ${status}, though the catalog says that it ${expected ? 'plays' : 'does not play'}`,
      ];
    }
    await pause(POLL_MS);
  }
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  await response.arrayBuffer();
  return response.status;
}

export type Playback = {
  /** While the stores fail. */
  disturb(random: Random, disturbances: readonly Disturbance[]): Promise<void>;
  /** When they are whole again: what was tried, and what is not as it has to be. */
  end(name: string): Promise<{ tried: string; wrongs: string[] }>;
};

/** One asset is withdrawn for good, in another way each round; the other, `steady`, is switched off and on. */
export async function startPlayback(
  system: CalledSystem,
  assets: { steady: string; withdrawn: string },
  round: number,
): Promise<Playback> {
  const how = WITHDRAWALS[round % WITHDRAWALS.length] ?? 'disable';
  await callWhole(system, 'PATCH', `/v1/assets/${assets.steady}`, { disabled: false });
  await pause(EDGE_STATE_SECONDS * 1000);
  const withdrawn = await playWithOwnKey(system, assets.withdrawn, `${round}-withdrawn`);
  const steady = await playWithOwnKey(system, assets.steady, `${round}-steady`);
  let isAcknowledged = false;
  let toggles = 0;
  return {
    async disturb(random, disturbances) {
      const outages = disturbances.filter(({ kind }) => kind === 'bucket' || kind === 'catalog');
      const atMs = (outages[round % outages.length]?.atMs ?? 0) + random.between(0, INTO_OUTAGE_MS);
      const pausesMs = Array.from({ length: TOGGLES }, () => random.between(0, TOGGLED_MS / TOGGLES));
      const toggling = toggle(system, steady, pausesMs);
      await pause(atMs);
      isAcknowledged = await tryCall(system, CALLS[how](withdrawn));
      toggles = await toggling;
    },
    async end(name) {
      const wrongs = [
        ...(await wrongsOf(system, withdrawn, how, isAcknowledged)),
        ...(await wrongsOf(system, steady, 'switching off and on', false)),
      ];
      const tried = `${how} ${isAcknowledged ? 'acknowledged' : 'failed'}, ${toggles} of ${TOGGLES} switches acknowledged`;
      return { tried, wrongs: wrongs.map((text) => `${name}: ${text}`) };
    },
  };
}
