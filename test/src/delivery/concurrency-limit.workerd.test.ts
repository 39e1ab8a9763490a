/** A viewer's stream limit as players meet it, and how little of it there is to meet. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConcurrencyLimits } from '../../../src/access/concurrency/limits.ts';
import { GRACE_MS, LEASE_MS, RENEW_MS, type SlotVerdict } from '../../../src/access/concurrency/session-slots.ts';
import type { Session } from '../../../src/access/sessions.ts';
import { app } from '../../../src/app.ts';
import { ASK_WAIT_MS, ConcurrencyLimit, REFUSED_MS, TRUST_MS } from '../../../src/delivery/concurrency-limit.ts';
import type { DeliveryEnv } from '../../../src/delivery/delivery-env.ts';
import { meter } from '../../../src/metrics/meter.ts';
import { mirrored } from '../access/keys.ts';
import { fetchPath, link, newEnv, ORIGIN, putAsset, refusalOf, sessionJwt, startSession } from './fixture.ts';
import { ManualClock, settle, times } from './tiers/fakes.ts';

const SEGMENT = 'v360/1/1.m4s';
const one: ConcurrencyLimits = { sessions: 1, policy: 'reject-new' };
const newest: ConcurrencyLimits = { sessions: 1, policy: 'evict-oldest' };

let viewers = 0;
const newViewer = (): string => {
  viewers += 1;
  return `viewer-${viewers}`;
};

/** An isolate of its own, with the real objects. */
const newLimited = (): DeliveryEnv => ({ ...newEnv(), CONCURRENCY: env.CONCURRENCY });
const passTime = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
const unknowns = () => meter.snapshot()['sluice_concurrency_limit_unknown_total'] ?? 0;

beforeAll(async () => {
  await putAsset(newEnv(), 'limited');
  await putAsset(newEnv(), 'open', { policy: 'public' });
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A player of its own in the isolate: `ok`, or status and code of the refusal. */
async function newPlayer(delivery: DeliveryEnv, viewer: string, limits: ConcurrencyLimits) {
  const base = await startSession(delivery, await link('limited', { viewer, limits }));
  return async (path = SEGMENT): Promise<string> => {
    const response = await fetchPath(delivery, base + path);
    if (!response.ok) {
      return refusalOf(response);
    }
    await response.arrayBuffer();
    return 'ok';
  };
}

/** What the player is answered once the isolate no longer trusts what it remembers. */
const told = async (player: () => Promise<string>): Promise<string> => {
  passTime(TRUST_MS);
  return player();
};

describe('a viewer with one session', () => {
  test('reject-new: the second plays for the grace time; playlists and init segments are never refused', async () => {
    const [delivery, viewer] = [newLimited(), newViewer()];
    const tv = await newPlayer(delivery, viewer, one);
    const phone = await newPlayer(delivery, viewer, one);
    expect([await tv(), await phone()]).toEqual(['ok', 'ok']);
    expect([await told(tv), await phone()]).toEqual(['ok', 'ok']);
    expect([await told(tv), await phone()]).toEqual(['ok', '403 stream_limit']);
    expect([await phone(), await phone('v360.m3u8'), await phone('v360/init.mp4')]).toEqual([
      '403 stream_limit',
      'ok',
      'ok',
    ]);
    expect(await tv()).toBe('ok');
    passTime(LEASE_MS);
    expect(await phone()).toBe('ok');
  });

  test('a reload plays on', async () => {
    const [delivery, viewer] = [newLimited(), newViewer()];
    await (await newPlayer(delivery, viewer, one))();
    passTime(2000);
    const reloaded = await newPlayer(delivery, viewer, one);
    for (let ms = 0; ms < 2 * GRACE_MS; ms += TRUST_MS) {
      expect(await told(reloaded)).toBe('ok');
    }
  });

  test('evict-oldest: the newer plays at once, the older is told in every isolate', async () => {
    const [delivery, other, viewer] = [newLimited(), newLimited(), newViewer()];
    const tv = await newPlayer(delivery, viewer, newest);
    const phone = await newPlayer(other, viewer, newest);
    expect([await tv(), await phone()]).toEqual(['ok', 'ok']);
    expect([await told(tv), await phone()]).toEqual(['403 stream_evicted', 'ok']);
  });

  test('the name of the object does not tell the viewer', async () => {
    const names: string[] = [];
    const CONCURRENCY = {
      idFromName: (name: string) => {
        names.push(name);
        return env.CONCURRENCY.idFromName(name);
      },
      get: (id: DurableObjectId) => env.CONCURRENCY.get(id),
    } as unknown as NonNullable<DeliveryEnv['CONCURRENCY']>;
    const player = await newPlayer({ ...newEnv(), CONCURRENCY }, 'someone@example.com', one);
    expect(await player()).toBe('ok');
    expect(names).toEqual([expect.stringMatching(/^[0-9a-f]{24}$/)]);
  });

  test('a session that an earlier version began holds its place against the new ones', async () => {
    const [delivery, viewer] = [newLimited(), newViewer()];
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const old = await sessionJwt({ a: 'limited', u: viewer, k: 'own', n: 1, exp });
    const tv = async () => (await fetchPath(delivery, `/s/${old}/${SEGMENT}`)).status;
    const phone = await newPlayer(delivery, viewer, one);
    expect([await tv(), await phone()]).toEqual([200, 'ok']);
    passTime(TRUST_MS);
    expect([await tv(), await phone()]).toEqual([200, 'ok']);
    passTime(TRUST_MS);
    expect([await tv(), await phone()]).toEqual([200, '403 stream_limit']);
  });

  test('a link whose signature is spelt otherwise is one more session of the same viewer', async () => {
    const [delivery, viewer] = [newLimited(), newViewer()];
    const token = await link('limited', { viewer, limits: newest });
    const bases = [await startSession(delivery, token), await startSession(delivery, mirrored(token))];
    const fetchAll = () => Promise.all(bases.map(async (base) => (await fetchPath(delivery, base + SEGMENT)).status));
    await fetchAll();
    passTime(TRUST_MS);
    expect((await fetchAll()).toSorted()).toEqual([200, 403]);
  });

  test('another viewer is not concerned', async () => {
    const delivery = newLimited();
    const players = [
      await newPlayer(delivery, newViewer(), newest),
      await newPlayer(delivery, newViewer(), newest),
    ] as const;
    expect(await Promise.all(players.map((player) => player()))).toEqual(['ok', 'ok']);
    expect(await Promise.all(players.map(told))).toEqual(['ok', 'ok']);
  });

  test('a refusal names the claim, is counted and logged, and tells nobody the viewer', async () => {
    const lines = vi.spyOn(console, 'log').mockImplementation(() => {});
    const viewer = newViewer();
    const worker = { ...env, ...newLimited() };
    const get = (path: string) => app.request(`${ORIGIN}${path}`, {}, worker);
    const open = async () => {
      const text = new TextDecoder().decode(
        await (await get(`/v/${await link('limited', { viewer, limits: newest })}/main.m3u8`)).arrayBuffer(),
      );
      return /^(\/s\/[^/]+\/)/m.exec(text)?.[1] ?? '';
    };
    const [tv, phone] = [await open(), await open()];
    await (await get(tv + SEGMENT)).arrayBuffer();
    await (await get(phone + SEGMENT)).arrayBuffer();
    const before = meter.snapshot()['sluice_refusals_total stream_evicted'] ?? 0;
    passTime(TRUST_MS);
    const refused = await get(tv + SEGMENT);
    expect(await refused.json()).toMatchObject({ status: 403, code: 'stream_evicted', claim: 'limits.sessions' });
    expect(meter.snapshot()['sluice_refusals_total stream_evicted']).toBe(before + 1);
    const logged = lines.mock.calls.flat().join('\n');
    expect(logged).toContain('"code":"stream_evicted","claim":"limits.sessions"');
    expect(logged).not.toContain(viewer);
  });
});

describe('what it costs', () => {
  test('nothing without the claim: the binding is not even looked at', async () => {
    const looked = vi.fn();
    const delivery = newEnv();
    Object.defineProperty(delivery, 'CONCURRENCY', { get: looked });
    const links = ['open', await link('limited'), await link('limited', { viewer: newViewer() })];
    for (const token of links) {
      const base = await startSession(delivery, token);
      const asset = await fetchPath(delivery, base + SEGMENT);
      expect(asset.status).toBe(200);
      await asset.arrayBuffer();
    }
    expect(looked).toHaveBeenCalledTimes(0);
  });

  test('without the claim the session token has no byte for it', async () => {
    const lengthOf = async (limits?: ConcurrencyLimits) =>
      (await startSession(newEnv(), await link('limited', { viewer: newViewer(), limits }))).length;
    // One more for the number of sessions: two characters, or one where the bytes before it leave bits over.
    expect((await lengthOf(one)) - (await lengthOf())).toBeOneOf([1, 2]);
  });
});

/** ConcurrencyLimit with time by hand and an object that answers as it is told. */
function newStreamLimit() {
  const clock = new ManualClock();
  const kept: Promise<unknown>[] = [];
  const object = { calls: 0, answer: async (): Promise<SlotVerdict> => ({ admitted: true }) };
  const limit = new ConcurrencyLimit({
    ask: () => {
      object.calls += 1;
      return object.answer();
    },
    waitUntil: (work) => kept.push(work),
    startTimer: clock.startTimer,
    now: clock.now,
  });
  const session: Session = {
    sessionId: 's1',
    assetId: 'limited',
    version: 'ver1',
    revision: 1,
    expiresAtSeconds: 0,
    link: { kid: 'k', viewer: 'v', limits: one },
  };
  const fetch = () =>
    limit.require(session, clock.now()).then(
      () => 'ok',
      (error) => error.code,
    );
  return { clock, kept, object, fetch };
}
/** As many sessions as are wanted, of one isolate and one clock that stands still. */
function newSessions(answer: (sessionId: string) => SlotVerdict) {
  const asked: string[] = [];
  const clock = new ManualClock();
  const limit = new ConcurrencyLimit({
    ask: async ({ sessionId }) => {
      asked.push(sessionId);
      return answer(sessionId);
    },
    waitUntil: () => {},
    startTimer: clock.startTimer,
    now: clock.now,
  });
  const fetch = (sessionId: string) =>
    limit
      .require(
        {
          sessionId,
          assetId: 'limited',
          version: 'ver1',
          revision: 1,
          expiresAtSeconds: 0,
          link: { kid: 'k', viewer: 'v', limits: one },
        },
        clock.now(),
      )
      .then(
        () => 'ok',
        (error) => error.code,
      );
  return { asked, fetch };
}
const refusing = async (): Promise<SlotVerdict> => ({ admitted: false, code: 'stream_limit' });
const hanging = () => new Promise<SlotVerdict>(() => {});

test('the times of an isolate fit those of the lease', () => {
  // A player is held up by a second at most, and by one call of ten seconds in the background.
  expect(ASK_WAIT_MS).toBeLessThanOrEqual(1000);
  // An answer is trusted over two renewals that fail, and not for longer than the place that it speaks of is kept.
  expect(TRUST_MS).toBeGreaterThan(2 * RENEW_MS);
  expect(TRUST_MS + RENEW_MS).toBeLessThan(LEASE_MS);
  // Who was refused gets in within seconds of the place becoming free.
  expect(REFUSED_MS).toBeLessThan(RENEW_MS);
});

describe('an isolate', () => {
  test('asks once in RENEW_MS, without a wait, and once for those that begin together', async () => {
    const { clock, object, fetch } = newStreamLimit();
    expect(new Set(await Promise.all(times(20, fetch)))).toEqual(new Set(['ok']));
    clock.advance(RENEW_MS - 1);
    await fetch();
    expect(object.calls).toBe(1);
    object.answer = hanging;
    clock.advance(1);
    expect(await Promise.all(times(20, fetch))).toEqual(Array(20).fill('ok'));
    expect(object.calls).toBe(2);
  });

  test('keeps the request alive for a renewal, and obeys what it says from the next segment on', async () => {
    const { clock, kept, object, fetch } = newStreamLimit();
    await fetch();
    object.answer = refusing;
    clock.advance(RENEW_MS);
    const before = kept.length;
    expect(await fetch()).toBe('ok');
    await Promise.all(kept.slice(before));
    expect(await fetch()).toBe('stream_limit');
  });

  test('keeps the request alive for a renewal that takes longer than a segment would wait', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { clock, kept, object, fetch } = newStreamLimit();
    await fetch();
    const late = Promise.withResolvers<SlotVerdict>();
    object.answer = () => late.promise;
    clock.advance(RENEW_MS);
    await fetch();
    let isOver = false;
    void Promise.all(kept).then(() => {
      isOver = true;
    });
    clock.advance(ASK_WAIT_MS);
    await settle();
    expect(isOver).toBe(false);
    late.resolve({ admitted: true });
    await settle();
    expect(isOver).toBe(true);
  });

  test('waits for the answer again when the last one is too old to trust', async () => {
    const { clock, object, fetch } = newStreamLimit();
    await fetch();
    object.answer = refusing;
    clock.advance(TRUST_MS);
    expect(await fetch()).toBe('stream_limit');
  });

  test('a clock that is set back makes no answer good for longer', async () => {
    const { clock, object, fetch } = newStreamLimit();
    await fetch();
    object.answer = refusing;
    clock.advance(-3_600_000);
    expect(await fetch()).toBe('stream_limit');
  });

  test('answers each session by itself, also those that begin together', async () => {
    const { asked, fetch } = newSessions((session) =>
      session === 'b' ? { admitted: false, code: 'stream_limit' } : { admitted: true },
    );
    expect(await Promise.all(['a', 'b', 'c', 'b'].map(fetch))).toEqual(['ok', 'stream_limit', 'ok', 'stream_limit']);
    expect(asked).toEqual(['a', 'b', 'c']);
  });

  test('remembers a bounded number of sessions, the latest; the others ask again', async () => {
    const { asked, fetch } = newSessions(() => ({ admitted: true }));
    for (let index = 0; index <= 8192; index += 1) {
      await fetch(`s${index}`);
    }
    await fetch('s8192');
    expect(asked).toHaveLength(8193);
    await fetch('s0');
    expect(asked).toHaveLength(8194);
  });

  test('remembers a refusal for a player that hammers', async () => {
    const { clock, object, fetch } = newStreamLimit();
    object.answer = refusing;
    expect(await Promise.all(times(100, fetch))).toEqual(Array(100).fill('stream_limit'));
    clock.advance(REFUSED_MS - 1);
    await fetch();
    expect(object.calls).toBe(1);
    clock.advance(1);
    object.answer = async () => ({ admitted: true });
    expect(await fetch()).toBe('ok');
  });

  test.each([
    ['fails', () => Promise.reject<SlotVerdict>(new Error('overloaded'))],
    ['hangs', hanging],
  ])('lets through when the object %s, within the time-out, and is not held up again', async (_, answer) => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { clock, object, fetch } = newStreamLimit();
    const before = unknowns();
    object.answer = answer;
    const first = fetch();
    await settle();
    clock.advance(ASK_WAIT_MS);
    expect(await first).toBe('ok');
    for (let index = 0; index < 20; index += 1) {
      clock.advance(RENEW_MS / 2);
      expect(await fetch()).toBe('ok');
      clock.advance(ASK_WAIT_MS);
      await settle();
    }
    expect(unknowns()).toBeGreaterThan(before + 5);
    expect(String(warned.mock.calls[0])).toContain('"event":"stream_limit_unknown"');
    expect(clock.running).toBe(0);
  });

  test('an answer that comes too late counts from the next segment on', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { clock, object, fetch } = newStreamLimit();
    const late = Promise.withResolvers<SlotVerdict>();
    object.answer = () => late.promise;
    const first = fetch();
    await settle();
    clock.advance(ASK_WAIT_MS);
    expect(await first).toBe('ok');
    late.resolve(await refusing());
    await settle();
    expect(await fetch()).toBe('stream_limit');
  });

  test('who was refused is not let in because the object fails', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { clock, object, fetch } = newStreamLimit();
    object.answer = refusing;
    await fetch();
    clock.advance(REFUSED_MS);
    object.answer = () => Promise.reject(new Error('overloaded'));
    expect(await fetch()).toBe('stream_limit');
  });
});

test('a deployment without the binding plays, and says so', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const player = await newPlayer(newEnv(), newViewer(), one);
  expect(await player()).toBe('ok');
  expect(String(warned.mock.calls)).toContain('CONCURRENCY is not bound');
});
