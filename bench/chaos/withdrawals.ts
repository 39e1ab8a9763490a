/**
 * Changes that end or allow playback, each sent once while the stores fail and never again, and what has to hold when they are
 * whole: what was acknowledged is in the catalog, and what plays is what the catalog says, one sweep and EDGE_STATE_SECONDS
 * later.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Api, ApiError, connectApi } from '../../client/api.ts';
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

const apiOf = ({ url, apiToken }: CalledSystem, timeoutMs: number): Api =>
  connectApi({ server: url, token: apiToken, timeoutMs });

/** While nothing is broken. `null`: the call is refused. */
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

/** Registers a key and begins to play with it. */
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

/** What the first line that is no tag names. */
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

/** Once. Resolves with whether it was acknowledged. */
const tryCall = (system: CalledSystem, ask: (api: Api) => Promise<unknown>): Promise<boolean> =>
  ask(apiOf(system, CHANGE_TIMEOUT_MS)).then(
    () => true,
    () => false,
  );

/** Switches the asset off and on, in the order in which the calls arrive. Resolves with how many were acknowledged. */
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

/** Whether the catalog says that the viewer may go on. */
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
        ...(await wrongsOf(system, steady, 'switching off and on', false)),
      ];
      const tried = `${how} ${isAcknowledged ? 'acknowledged' : 'failed'}, ${toggles} of ${TOGGLES} switches acknowledged`;
      return { tried, wrongs: wrongs.map((text) => `${name}: ${text}`) };
    },
  };
}
