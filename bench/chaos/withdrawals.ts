/**
 * Sends changes that end or allow playback once while the stores fail, and checks the result when the stores work
 * again: the catalog has every acknowledged change, and one sweep and EDGE_STATE_SECONDS later exactly what the catalog
 * allows plays.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Api, ApiError, createClient } from '../../client/api.ts';
import type { Random } from '../random.ts';
import type { Disturbance } from './disturbances.ts';
import { EDGE_STATE_SECONDS, type FragileSystem } from './fragile-system.ts';
import { CALL_TIMEOUT_MS, patiently } from './patience.ts';

const WITHDRAWALS = ['disable', 'delete', 'asset', 'link', 'key'] as const;
type Withdrawal = (typeof WITHDRAWALS)[number];

/** The asset is withdrawn within this time after a store starts to fail. */
const INTO_OUTAGE_MS = 500;
/** How often the other asset is disabled or enabled in a round, and within which time. */
const TOGGLES = 6;
const TOGGLED_MS = 12_000;
/** Longer than the longest outage and the Worker's timeout for the bucket. */
const CHANGE_TIMEOUT_MS = 20_000;
/** Allows for the isolate's clock and the duration of the request. */
const SLACK_MS = 1_500;
const POLL_MS = 100;

/** A viewer who plays an asset with a link signed by the app's key, and the URL of a segment in that session. */
export type Viewer = { assetId: string; kid: string; jti: string; segmentUrl: string };

/** The parts of the system that are used here. */
export type CalledSystem = Pick<FragileSystem, 'url' | 'apiToken' | 'sweep'>;

const apiOf = ({ url, apiToken }: CalledSystem, timeoutMs: number): Api =>
  createClient({ server: url, token: apiToken, timeoutMs });

/** A call while nothing is broken. `null` if it is refused. */
async function callWhole<T>(system: CalledSystem, ask: (api: Api) => Promise<T>): Promise<T | null> {
  return await patiently(async () => {
    try {
      return await ask(apiOf(system, CALL_TIMEOUT_MS));
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) {
        return null;
      }
      throw error;
    }
  });
}

/** Registers a signing key and starts to play with it. */
async function playWithOwnKey(system: CalledSystem, assetId: string, name: string): Promise<Viewer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = `key-${name}`;
  const jti = `link-${name}`;
  const publicJwk = { ...(await exportJWK(publicKey)) };
  await callWhole(system, (api) => api.call('POST /signing-keys', { body: { publicJwk, kid } }));
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

/** The URL on the first line that is not a tag. */
async function firstLine(playlist: URL): Promise<URL> {
  const response = await fetch(playlist, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  const line = (await response.text()).split('\n').find((text) => text !== '' && !text.startsWith('#'));
  if (!response.ok || line === undefined) {
    throw new Error(`${playlist.pathname.split('/').at(-1)}: ${response.status}`);
  }
  return new URL(line, playlist);
}

const disable = (api: Api, id: string, disabled: boolean) =>
  api.call('PATCH /assets/{id}', { path: { id }, body: { disabled } });

const CALLS: Readonly<Record<Withdrawal, (api: Api, viewer: Viewer) => Promise<unknown>>> = {
  disable: (api, { assetId }) => disable(api, assetId, true),
  delete: (api, { assetId }) => api.call('DELETE /assets/{id}', { path: { id: assetId } }),
  asset: (api, { assetId }) => api.call('POST /revocations', { body: { kind: 'asset', value: assetId } }),
  link: (api, { jti }) => api.call('POST /revocations', { body: { kind: 'link', value: jti } }),
  key: (api, { kid }) => api.call('DELETE /signing-keys/{kid}', { path: { kid } }),
};

/** Calls once. Resolves with whether the call was acknowledged. */
const tryCall = (system: CalledSystem, ask: (api: Api) => Promise<unknown>): Promise<boolean> =>
  ask(apiOf(system, CHANGE_TIMEOUT_MS)).then(
    () => true,
    () => false,
  );

/** Disables and enables the asset in turns. Resolves with how many calls were acknowledged. */
async function toggle(system: CalledSystem, viewer: Viewer, pausesMs: readonly number[]): Promise<number> {
  let disabled = true;
  const calls: Promise<boolean>[] = [];
  for (const pauseMs of pausesMs) {
    await pause(pauseMs);
    const next = disabled;
    calls.push(tryCall(system, (api) => disable(api, viewer.assetId, next)));
    disabled = !disabled;
  }
  return (await Promise.all(calls)).filter((isAcknowledged) => isAcknowledged).length;
}

/** Whether the viewer may play, according to the catalog. */
async function mayPlay(system: CalledSystem, { assetId, kid, jti }: Viewer): Promise<boolean> {
  const asset = await callWhole(system, (api) => api.call('GET /assets/{id}', { path: { id: assetId } }));
  const signing = await callWhole(system, (api) => api.call('GET /signing-keys'));
  const named = [
    { kind: 'asset', value: assetId },
    { kind: 'link', value: jti },
  ] as const;
  const revoked = await Promise.all(
    named.map((query) => callWhole(system, (api) => api.call('GET /revocations', { query }))),
  );
  return (
    asset?.disabled === false &&
    signing?.keys.some((key) => key.kid === kid) === true &&
    revoked.every((page) => page?.revocations.length === 0)
  );
}

/**
 * Checks the effect of a withdrawal on a viewer, while the stores work. Returns an empty list if everything is right.
 */
export async function wrongsOf(
  system: CalledSystem,
  viewer: Viewer,
  how: string,
  isAcknowledged: boolean,
): Promise<string[]> {
  const expected = await mayPlay(system, viewer);
  const lost = isAcknowledged && expected ? [`${how} was acknowledged, but is not in the catalog`] : [];
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
        `${how}: a segment got ${status}, but according to the catalog it must ${expected ? 'play' : 'not play'}`,
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
  /** Makes the changes while the stores fail. */
  disturb(random: Random, disturbances: readonly Disturbance[]): Promise<void>;
  /** Checks the changes when the stores work again. Returns what was tried, and what is wrong. */
  end(name: string): Promise<{ tried: string; wrongs: string[] }>;
};

/** `withdrawn` is withdrawn for good, in another way each round. `steady` is disabled and enabled in turns. */
export async function startPlayback(
  system: CalledSystem,
  assets: { steady: string; withdrawn: string },
  round: number,
): Promise<Playback> {
  const how = WITHDRAWALS[round % WITHDRAWALS.length] ?? 'disable';
  await callWhole(system, (api) => disable(api, assets.steady, false));
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
      isAcknowledged = await tryCall(system, (api) => CALLS[how](api, withdrawn));
      toggles = await toggling;
    },
    async end(name) {
      const wrongs = [
        ...(await wrongsOf(system, withdrawn, how, isAcknowledged)),
        ...(await wrongsOf(system, steady, 'disabling and enabling', false)),
      ];
      const tried = `withdrawal by "${how}" ${isAcknowledged ? 'acknowledged' : 'failed'}, ${toggles} of ${TOGGLES} toggles acknowledged`;
      return { tried, wrongs: wrongs.map((text) => `${name}: ${text}`) };
    },
  };
}
