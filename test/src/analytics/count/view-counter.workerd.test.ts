/** The Durable Object: what survives, what it costs, what shards tell the root, and what is gone when it is to be gone. */

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LOG_ROWS } from '../../../../src/analytics/count/counter-store.ts';
import { HyperLogLog } from '../../../../src/analytics/count/hyperloglog.ts';
import { ALARM_MS, BUSY_WATCHING } from '../../../../src/analytics/count/view-counter.ts';
import { eraseAsset } from '../../../../src/analytics/erase/erasures.ts';
import { COPY_MS, FIRST_WINDOW, type Run } from '../../../../src/analytics/facts.ts';
import { deleteAsset } from '../../../../src/catalog/assets.ts';
import { toBase64 } from '../../../../src/platform/encodings.ts';
import {
  addAsset,
  batchOf,
  type Counter,
  counterOf,
  type Facts,
  lose,
  newAssetId,
  restart,
  rowsWritten,
  sizeOf,
  textOf,
} from './counter-fixture.ts';

/** Ahead of the runtime's clock, which no test sets: alarms run when a test runs them. */
const START = Date.UTC(2046, 10, 20, 12, 0, 30);
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const watch = (id: string, ...runs: Run[]): Facts => ({ id, runs });
const passTime = (ms: number) => vi.setSystemTime(Date.now() + ms);
const viewsOf = async (counter: Counter) => (await counter.live()).views;
const all = (resolution: 'minute' | 'hour' | 'day') => ({ fromMs: 0, toMs: 1e14, resolution, by: null });
const alarmOf = (counter: Counter) => runInDurableObject(counter, (_, { storage }) => storage.getAlarm());
const namesIn = (counter: Counter, text: string) =>
  runInDurableObject(counter, (_, { storage }) =>
    ['log', 'snapshot', 'notes', 'points', 'shards'].filter((table) =>
      storage.sql.exec('SELECT 1 FROM sqlite_master WHERE name = ?', table).toArray().length === 0
        ? false
        : JSON.stringify(storage.sql.exec(`SELECT * FROM ${table}`).toArray()).includes(text),
    ),
  );

const rolledUp = (assetId: string) =>
  env.CATALOG.prepare('SELECT * FROM asset_views WHERE asset_id = ?').bind(assetId).first();
const rolledDays = async (assetId: string) => JSON.parse(String((await rolledUp(assetId))?.['days']));

let assetId: string;
let root: Counter;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  assetId = newAssetId();
  root = counterOf(assetId);
  await addAsset(assetId);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a batch', () => {
  test('that was acknowledged is there after a restart, without any alarm', async () => {
    const text = textOf(assetId, [watch('a', [0, 1, 3]), watch('b', [1, 1, 1])]);
    expect(await root.record(text)).toEqual({ outcome: 'recorded', window: { from: 0, count: 1 } });
    const before = await root.live();
    expect(before).toEqual({ views: 2, watching: 2, watchMs: 16_000, viewers: 2 });
    await restart(root);
    expect(await root.live()).toEqual(before);
    await root.record(text);
    expect(await root.live()).toEqual(before);
  });

  test.each([
    ['of another asset', (id: string) => textOf(`${id}x`, [watch('a', [0, 1, 1])])],
    ['of another shard', (id: string) => textOf(id, [watch('a', [0, 1, 1])], { shard: 3 })],
    ['that is forged', () => '{"schema":1,"assetId":"../../etc"}'],
  ])('%s is refused, leaves nothing, and what follows is taken', async (_, text) => {
    expect(await root.record(text(assetId))).toEqual({ outcome: 'invalid', reason: expect.any(String) });
    expect(await sizeOf(root, 'log')).toBe(0);
    expect(await root.record(textOf(assetId, [watch('a', [0, 1, 3])]))).toMatchObject({ outcome: 'recorded' });
    expect(await viewsOf(root)).toBe(1);
  });

  test('that cannot be stored is not acknowledged, and not counted', async () => {
    await root.record(textOf(assetId, [watch('a', [0, 1, 3])]));
    await runInDurableObject(root, (_, { storage }) => {
      storage.sql.exec(`CREATE TRIGGER no_more BEFORE INSERT ON snapshot BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
    });
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const text = textOf(assetId, [watch('b', [0, 1, 3])]);
    await expect(runInDurableObject(root, (inside) => inside.record(text))).rejects.toThrow('disk full');
    expect(await root.live()).toMatchObject({ views: 1, watchMs: 12_000 });
    await runInDurableObject(root, (_, { storage }) => void storage.sql.exec('DROP TRIGGER no_more'));
    await root.record(textOf(assetId, [watch('b', [0, 1, 3])]));
    expect(await root.live()).toMatchObject({ views: 2, watchMs: 24_000 });
    vi.restoreAllMocks();
  });
});

describe('rows', () => {
  const someone = (count: number, name: string) =>
    Array.from({ length: count }, (_, at) => watch(`${name}${at}`, [0, 1, 4]));

  test('of a quiet asset: one for a batch, which holds all there is, and none for what is known or an hour later', async () => {
    await root.record(textOf(assetId, [watch('first', [0, 1, 1])]));
    const rowsOf = (text: string) => rowsWritten(root, (inside) => inside.record(text));
    const text = textOf(assetId, [watch('a', [0, 1, 1])]);
    expect([await rowsOf(text), await rowsOf(text)]).toEqual([1, 0]);
    // That it is silent has to outlive the object's memory, which is gone soon after.
    const silent = {
      ...batchOf(assetId, [watch('a', [0, 1, 1]), watch('first', [0, 1, 1])]),
      silent: [
        ['a', 40, 0],
        ['first', 40, 0],
      ],
    };
    expect(await rowsOf(JSON.stringify(silent))).toBe(1);
    passTime(20_000);
    await restart(root);
    expect(await root.live()).toMatchObject({ watching: 0 });
    expect([await sizeOf(root, 'log'), await sizeOf(root, 'snapshot')]).toEqual([0, 1]);
    passTime(COPY_MS);
    expect(await rowsWritten(root, (inside) => (inside as unknown as DurableObject).alarm?.() as Promise<void>)).toBe(
      0,
    );
    expect(await rowsOf(textOf(assetId, [watch('b', [0, 1, 3])]))).toBe(1);
    await restart(root);
    expect(await root.live()).toMatchObject({ views: 3, watchMs: 20_000 });
    expect((await root.series(all('minute'))).map(({ views }) => views)).toEqual([2, 1]);
  });

  test('one for many batches that come together, which show at once', async () => {
    const many = await rowsWritten(root, async (inside) => {
      const answers = Array.from({ length: 300 }, (_, at) => inside.record(textOf(assetId, someone(1, `m${at}-`))));
      await vi.waitFor(async () => expect(await viewsOf(inside)).toBe(300), { timeout: 900, interval: 5 });
      await Promise.all(answers);
    });
    // Some 30 until the counter knows that it is busy, all others together.
    expect(many).toBeLessThanOrEqual(40);
    await restart(root);
    expect(await viewsOf(root)).toBe(300);
  });

  test('of a hot asset are fewer than one for a thousand events, snapshots and folding included', async () => {
    const batches = 300;
    const rows = await rowsWritten(root, async (inside) => {
      for (let index = 0; index < batches; index += 1) {
        passTime(400);
        await inside.record(
          textOf(
            assetId,
            Array.from({ length: 372 }, (_, at) => watch(`${index % 20}-${at}`, [0, 1, 11])),
          ),
        );
        const more = textOf(assetId, [watch(`new-${index}`, [0, 1, 11])]);
        passTime(400);
        await inside.record(more);
      }
    });
    expect(rows / (batches * 373 * 11)).toBeLessThan(0.001);
    expect(rows).toBeGreaterThan(2 * LOG_ROWS);
    expect(await sizeOf(root, 'log')).toBe(LOG_ROWS);
    // Who is watching may differ: what was known already is not stored again.
    const { watching: _, ...before } = await root.live();
    await restart(root);
    expect(await root.live()).toMatchObject(before);
    expect(before.views).toBe(20 * 372 + batches);
  }, 60_000);

  test('a counter that has grown keeps a log, and nothing of it when nobody watches', async () => {
    await root.record(textOf(assetId, someone(300, 's')));
    await root.record(textOf(assetId, someone(1, 't')));
    expect([await sizeOf(root, 'snapshot'), await sizeOf(root, 'log')]).toEqual([1, 2]);
    await restart(root);
    expect(await viewsOf(root)).toBe(301);
    passTime(COPY_MS);
    await runDurableObjectAlarm(root);
    expect([await sizeOf(root, 'snapshot'), await sizeOf(root, 'log')]).toEqual([1, 0]);
    await restart(root);
    expect(await viewsOf(root)).toBe(301);
  });

  test('none, and no tables, for asking a counter that has counted nothing', async () => {
    expect(await root.live()).toEqual({ views: 0, watching: 0, watchMs: 0, viewers: 0 });
    expect(await root.series(all('hour'))).toEqual([]);
    expect(await root.retention(null)).toBeNull();
    expect(await root.forgetViewer(['0123456789abcdef'])).toBe(0);
    const tables = await runInDurableObject(root, (_, { storage }) =>
      storage.sql.exec(`SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\'`).toArray(),
    );
    expect(tables).toEqual([]);
  });
});

describe('series', () => {
  test('of minutes, hours and days hold each fact once, over restarts, as time goes by', async () => {
    for (let minute = 0; minute < 70; minute += 1) {
      await root.record(
        textOf(assetId, [{ ...watch(`s${minute}`, [0, 1, 2], [1, 3, 3]), country: minute % 2 ? 'FR' : 'DE' }]),
      );
      if (minute % 7 === 0) {
        await restart(root);
      }
      if (minute % 11 === 0) {
        await runDurableObjectAlarm(root);
      }
      passTime(MINUTE);
    }
    const minutes = await root.series(all('minute'));
    expect(minutes.map(({ views, watchMs }) => [views, watchMs])).toEqual(Array(70).fill([1, 12_000]));
    const hours = await root.series({ ...all('hour'), by: 'country' });
    expect(hours.map(({ views }) => views)).toEqual([60, 10]);
    expect(hours[0]?.by).toEqual({ DE: { views: 30, watchMs: 360_000 }, FR: { views: 30, watchMs: 360_000 } });
    const days = await root.series({ ...all('day'), by: 'rendition' });
    expect(days).toMatchObject([
      { startMs: START - (START % DAY), views: 70, by: { v1080: { views: 0, watchMs: 560_000 } } },
    ]);
    expect(Math.abs((days[0]?.viewers ?? 0) - 70)).toBeLessThan(5);
    expect(
      await root.series({ fromMs: START + 5 * MINUTE, toMs: START + 7 * MINUTE, resolution: 'minute', by: null }),
    ).toHaveLength(3);
  });

  test('lose their resolution with age, and totals nothing', async () => {
    await root.record(textOf(assetId, [watch('a', [0, 1, 3])]));
    passTime(3 * DAY);
    await root.record(textOf(assetId, [watch('b', [0, 1, 3])]));
    await runDurableObjectAlarm(root);
    expect(await root.series(all('minute'))).toHaveLength(1);
    expect(await root.series(all('hour'))).toHaveLength(2);
    passTime(91 * DAY);
    await runDurableObjectAlarm(root);
    expect([await root.series(all('minute')), await root.series(all('hour'))]).toEqual([[], []]);
    expect(await root.series(all('day'))).toHaveLength(2);
    expect(await viewsOf(root)).toBe(2);
  });

  test('fill rows of many points, which are deleted when all of them are too old', async () => {
    for (let hour = 0; hour < 60; hour += 1) {
      await root.record(textOf(assetId, [watch(`s${hour}`, [0, 1, 3])]));
      passTime(HOUR);
      await runDurableObjectAlarm(root);
      if (hour % 9 === 0) {
        await restart(root);
      }
    }
    // Of 60 hours 50 are folded: three rows, and one each of their minutes and days.
    expect(await sizeOf(root, 'points')).toBe(5);
    for (const [resolution, points] of [
      ['hour', 60],
      ['day', 3],
    ] as const) {
      const series = await root.series(all(resolution));
      expect(series.map(({ views }) => views).reduce((sum, views) => sum + views)).toBe(60);
      expect(series).toHaveLength(points);
    }
    passTime(91 * DAY);
    await root.record(textOf(assetId, [watch('late', [0, 1, 3])]));
    await runDurableObjectAlarm(root);
    expect(await sizeOf(root, 'points')).toBe(1);
    expect(await root.series(all('day'))).toHaveLength(4);
  });

  test('of an earlier release, which had a row for each point, are taken over', async () => {
    await root.record(textOf(assetId, [watch('a', [0, 1, 3])]));
    const hourMs = START - (START % HOUR) - HOUR;
    await runInDurableObject(root, (_, { storage }) => {
      storage.sql.exec(`CREATE TABLE series (
        resolution TEXT NOT NULL, start_ms INTEGER NOT NULL, views INTEGER NOT NULL, watch_ms REAL NOT NULL,
        peak INTEGER NOT NULL, split TEXT, viewers BLOB, PRIMARY KEY (resolution, start_ms)) STRICT, WITHOUT ROWID`);
      const split = JSON.stringify({ country: [['DE', 5, 60_000]], device: [], rendition: [] });
      for (const [resolution, startMs] of [
        ['minute', hourMs],
        ['hour', hourMs],
        ['day', hourMs - (hourMs % DAY)],
      ] as const) {
        storage.sql.exec('INSERT INTO series VALUES (?, ?, 5, 60000, 3, ?, NULL)', resolution, startMs, split);
      }
      // How far they had come: the present hour is not in them.
      storage.sql.exec('INSERT INTO shards (shard, minute_ms, hour_ms) VALUES (0, ?, ?)', hourMs, hourMs);
    });
    await restart(root);
    expect(await root.series({ ...all('hour'), by: 'country' })).toMatchObject([
      { startMs: hourMs, views: 5, peakWatching: 3, by: { DE: { views: 5, watchMs: 60_000 } } },
      { views: 1 },
    ]);
    expect((await root.series(all('minute'))).map(({ views }) => views)).toEqual([5, 1]);
    expect((await root.series(all('day'))).map(({ views }) => views)).toEqual([6]);
    expect(await sizeOf(root, 'series')).toBe(0);
  });
});

describe('shards', () => {
  test('tell the root, soon; a restarted root asks those that were not idle, so nothing goes back', async () => {
    const shard = counterOf(assetId, 1);
    await root.record(textOf(assetId, [watch('a', [0, 1, 3])]));
    await shard.record(textOf(assetId, [watch('b', [0, 1, 3])], { shard: 1 }));
    await vi.waitFor(async () => expect(await viewsOf(root)).toBe(2));
    await shard.record(textOf(assetId, [watch('c', [0, 1, 3])], { shard: 1 }));
    await restart(root);
    expect(await root.live()).toEqual({ views: 3, watching: 3, watchMs: 36_000, viewers: 3 });
    expect(await root.retention('v1')).toMatchObject({ sessions: 3, counts: [3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0] });
  });

  test('that have gone idle keep their viewers in the union when the root restarts', async () => {
    const shard = counterOf(assetId, 1);
    await root.record(textOf(assetId, [watch('a', [0, 1, 3])]));
    await shard.record(textOf(assetId, [watch('b', [0, 1, 3])], { shard: 1 }));
    for (let times = 0; times < 2; times += 1) {
      passTime(ALARM_MS);
      await runDurableObjectAlarm(shard);
      await runDurableObjectAlarm(root);
    }
    await restart(root);
    expect(await root.live()).toMatchObject({ views: 2, viewers: 2 });
  });

  test('are folded once each, whatever is reported twice or late', async () => {
    const shard = counterOf(assetId, 1);
    const early = async () => {
      const report = await shard.pull();
      if (report === null) {
        throw new Error('nothing counted');
      }
      return report;
    };
    await shard.record(textOf(assetId, [watch('a', [0, 1, 3])], { shard: 1 }));
    const running = await early();
    passTime(MINUTE);
    await shard.record(textOf(assetId, [watch('b', [0, 1, 3])], { shard: 1 }));
    const over = await early();
    await root.report(over);
    await root.report(running);
    expect(await viewsOf(root)).toBe(2);
    for (const report of [over, running, over, running]) {
      await root.report(report);
      await restart(root);
    }
    passTime(HOUR);
    await restart(shard);
    for (let times = 0; times < 3; times += 1) {
      await runDurableObjectAlarm(shard);
      await runDurableObjectAlarm(root);
      passTime(ALARM_MS);
    }
    expect((await root.series(all('minute'))).map(({ views }) => views)).toEqual([1, 1]);
    expect((await root.series(all('hour'))).map(({ views, watchMs }) => [views, watchMs])).toEqual([[2, 24_000]]);
    expect(await root.live()).toEqual({ views: 2, watching: 0, watchMs: 24_000, viewers: 2 });
    // The shard is at rest: nothing is asked and nothing wakes.
    expect(await alarmOf(shard)).toBeNull();
  });

  test('say where new sessions go: on where one is busy, back where it has little to do', async () => {
    const shard = counterOf(assetId, 1);
    const facts = (batch: number) => Array.from({ length: 372 }, (_, index) => watch(`s${batch}-${index}`, [0, 1, 11]));
    for (const [number, next] of [
      [0, { from: 1, count: 4 }],
      [1, { from: 5, count: 16 }],
    ] as const) {
      const counter = number === 0 ? root : shard;
      const answers = [];
      for (let batch = 0; batch < 20; batch += 1) {
        answers.push(await counter.record(textOf(assetId, facts(batch), { shard: number })));
      }
      expect(answers[0]).toEqual({ outcome: 'recorded', window: FIRST_WINDOW });
      expect(answers.at(-1)).toEqual({ outcome: 'recorded', window: next });
    }
    passTime(MINUTE);
    expect(await shard.record(textOf(assetId, [watch('z', [0, 4, 4])], { shard: 1 }))).toEqual({
      outcome: 'recorded',
      window: FIRST_WINDOW,
    });
  });

  test('of an earlier release, which stored windows of their own, go on', async () => {
    const shard = counterOf(assetId, 700);
    await root.record(textOf(assetId, [watch('a', [0, 1, 3])]));
    await shard.record(textOf(assetId, [watch('b', [0, 1, 3])], { shard: 700 }));
    const window = JSON.stringify({ from: 698, count: 8, openedMs: 1, highest: 705 });
    const load = { requestsPerSecond: 1, eventsPerSecond: 1, fullness: 0 };
    for (const counter of [root, shard]) {
      await runInDurableObject(counter, (_, { storage }) => {
        storage.sql.exec(`INSERT INTO notes (name, value) VALUES ('window', ?)`, window);
        if (counter === root) {
          storage.sql.exec("UPDATE shards SET report = json_set(report, '$.load', json(?))", JSON.stringify(load));
        }
      });
      await restart(counter);
    }
    expect(await root.live()).toMatchObject({ views: 2, watchMs: 24_000 });
    await shard.record(textOf(assetId, [watch('c', [0, 1, 3])], { shard: 700 }));
    await vi.waitFor(async () => expect(await viewsOf(root)).toBe(3));
    await root.clear();
    expect(await shard.pull()).toBeNull();
  });

  test('of 0.1.0, whose viewers the root kept apart and whose reports it stored without what is over, are counted on', async () => {
    const shard = counterOf(assetId, 1);
    await shard.record(textOf(assetId, [watch('b', [0, 1, 3])], { shard: 1 }));
    await root.record(textOf(assetId, [watch('a', [0, 1, 3])]));
    const viewers = new HyperLogLog();
    viewers.add(2 ** 31, 2 ** 20);
    await runInDurableObject(root, (_, { storage }) => {
      storage.sql.exec("UPDATE shards SET report = json_remove(report, '$.minutes', '$.hours')");
      storage.sql.exec("INSERT INTO notes (name, value) VALUES ('viewers', ?)", toBase64(viewers.encode()));
    });
    await restart(root);
    expect(await root.live()).toMatchObject({ views: 2, viewers: 3 });
    expect((await root.series(all('hour'))).map(({ views }) => views)).toEqual([2]);
  });

  test('a report to a counter that is not the root of the asset is refused', async () => {
    const shard = counterOf(assetId, 1);
    await shard.record(textOf(assetId, [watch('a', [0, 1, 3])], { shard: 1 }));
    const report = await shard.pull();
    await expect(
      runInDurableObject(counterOf(`${assetId}x`), (other) => other.report(report as never)),
    ).rejects.toThrow(TypeError);
  });
});

describe('the copy in the catalog', () => {
  test('of a quiet asset is made with its first batch and an hour later, then nothing wakes', async () => {
    await root.record(textOf(assetId, [watch('a', [0, 1, 3])]));
    expect(await rolledUp(assetId)).toMatchObject({ views: 1, watching: 1, watch_seconds: 12, updated_at: START });
    passTime(MINUTE);
    await root.record(textOf(assetId, [watch('a', [0, 4, 6])]));
    await root.record(textOf(assetId, [watch('b', [0, 1, 3])]));
    expect(await rolledUp(assetId)).toMatchObject({ views: 1, updated_at: START });
    expect(await alarmOf(root)).toBe(START + COPY_MS);
    vi.setSystemTime(START + COPY_MS);
    await runDurableObjectAlarm(root);
    expect(await rolledUp(assetId)).toMatchObject({
      ...{ views: 2, viewers: 2, watch_seconds: 36, watching: 0, day: '2046-11-20' },
      ...{ day_views: 2, day_viewers: 2, day_watch_seconds: 36 },
    });
    expect(await alarmOf(root)).toBeNull();
  });

  test('is made with the first batch after an hour, also where each batch finds the counter evicted', async () => {
    const batch = vi.spyOn(Object.getPrototypeOf(env.CATALOG) as D1Database, 'batch');
    const copies = () => batch.mock.calls.length;
    await root.record(textOf(assetId, [watch('a', [0, 1, 1])]));
    expect(copies()).toBe(1);
    for (let next = 2; next <= 6; next += 1) {
      await restart(root);
      passTime(MINUTE);
      await root.record(textOf(assetId, [watch('a', [0, next, next])]));
    }
    expect(copies()).toBe(1);
    passTime(COPY_MS);
    for (let next = 7; next <= 9; next += 1) {
      await restart(root);
      passTime(MINUTE);
      await root.record(textOf(assetId, [watch('a', [0, next, next])]));
    }
    await vi.waitFor(() => expect(copies()).toBe(2));
    expect(await rolledUp(assetId)).toMatchObject({ views: 1, watch_seconds: 28 });
    batch.mockRestore();
  });

  test('is not tried again by each batch while the catalog is away, but by the alarm', async () => {
    await root.record(textOf(assetId, [watch('a', [0, 1, 1])]));
    passTime(COPY_MS);
    const broken = vi.spyOn(Object.getPrototypeOf(env.CATALOG) as D1Database, 'batch');
    broken.mockRejectedValue(new Error('no catalog'));
    for (let next = 2; next <= 6; next += 1) {
      passTime(1_000);
      await root.record(textOf(assetId, [watch('a', [0, next, next])]));
      await vi.waitFor(() => expect(broken).toHaveBeenCalledTimes(1));
    }
    broken.mockRestore();
    await runDurableObjectAlarm(root);
    expect(await rolledUp(assetId)).toMatchObject({ watch_seconds: 24 });
  });

  test('of a large audience that left at once leaves no batches behind, which name viewers', async () => {
    const crowd = Array.from({ length: 300 }, (_, at) => watch(`s${at}`, [0, 1, 3]));
    await root.record(textOf(assetId, crowd));
    await root.record(textOf(assetId, [watch('last', [0, 1, 3])]));
    for (let minute = 0; minute < 3; minute += 1) {
      passTime(ALARM_MS);
      await runDurableObjectAlarm(root);
    }
    expect(await sizeOf(root, 'log')).toBe(0);
    expect(await alarmOf(root)).toBeNull();
  });

  test('of a busy asset follows each minute', async () => {
    const crowd = Array.from({ length: BUSY_WATCHING }, (_, at) => watch(`s${at}`, [0, 1, 3]));
    await root.record(textOf(assetId, crowd));
    expect(await alarmOf(root)).toBe(START + ALARM_MS);
    passTime(ALARM_MS);
    await root.record(textOf(assetId, [watch('late', [0, 1, 3])]));
    await runDurableObjectAlarm(root);
    expect(await rolledUp(assetId)).toMatchObject({ views: BUSY_WATCHING + 1, watching: BUSY_WATCHING + 1 });
  });

  test('of a day is complete when the next one has begun', async () => {
    await root.record(textOf(assetId, [watch('a', [0, 1, 3])]));
    await root.record(textOf(assetId, [watch('b', [0, 1, 3])]));
    passTime(DAY);
    await restart(root);
    await root.record(textOf(assetId, [watch('c', [0, 1, 3])]));
    await vi.waitFor(async () => expect(await rolledDays(assetId)).toEqual([['2046-11-20', 2, 2, 24]]));
    expect(await rolledUp(assetId)).toMatchObject({ day: '2046-11-21', day_views: 1, day_watch_seconds: 12 });
    passTime(DAY);
    await root.record(textOf(assetId, [watch('d', [0, 1, 4])]));
    const before = [
      ['2046-11-20', 2, 2, 24],
      ['2046-11-21', 1, 1, 12],
    ];
    await vi.waitFor(async () => expect(await rolledDays(assetId)).toEqual(before));
    // A counter that has lost all goes on from them.
    await lose(root);
    passTime(3 * DAY);
    await root.record(textOf(assetId, [watch('e', [0, 1, 3])]));
    expect(await rolledDays(assetId)).toEqual([...before, ['2046-11-22', 1, 1, 16]]);
    expect((await root.series(all('day'))).map(({ views }) => views)).toEqual([2, 1, 1, 1]);
  });

  test('of an asset that is gone is not made, and its counters clear themselves', async () => {
    await env.CATALOG.prepare('DELETE FROM assets WHERE id = ?').bind(assetId).run();
    const shard = counterOf(assetId, 1);
    await shard.record(textOf(assetId, [watch('a', [0, 1, 3])], { shard: 1 }));
    await runDurableObjectAlarm(shard);
    await runDurableObjectAlarm(root);
    expect(await rolledUp(assetId)).toBeNull();
    for (const counter of [root, shard]) {
      expect(await alarmOf(counter)).toBeNull();
      expect(await sizeOf(counter, 'log')).toBe(0);
    }
  });
});

describe('the catalog', () => {
  const someone = (count: number, from = 0) =>
    Array.from({ length: count }, (_, at) => watch(`s${from + at}`, [0, 1, 3]));

  test('is told an hour after the first batch, though the counter is evicted before each next one', async () => {
    for (let batch = 0; batch < 4; batch += 1) {
      await root.record(textOf(assetId, someone(1, batch)));
      expect(await alarmOf(root)).toBe(START + COPY_MS);
      await restart(root);
      passTime(13_000);
    }
    await runDurableObjectAlarm(root);
    expect(await rolledUp(assetId)).toMatchObject({ views: 4 });
  });

  test('knows an asset before its first facts are acknowledged, and again after it was not watched for days', async () => {
    const catalog = Object.getPrototypeOf(env.CATALOG) as D1Database;
    const broken = vi.spyOn(catalog, 'batch').mockRejectedValue(new Error('no catalog'));
    await expect(runInDurableObject(root, (inside) => inside.record(textOf(assetId, someone(1))))).rejects.toThrow();
    broken.mockRestore();
    await root.record(textOf(assetId, someone(1)));
    expect(await rolledUp(assetId)).toMatchObject({ views: 1, updated_at: START });
    passTime(10 * DAY);
    await restart(root);
    await root.record(textOf(assetId, someone(1, 1)));
    expect(await rolledUp(assetId)).toMatchObject({ views: 2, updated_at: START + 10 * DAY });
  });

  test('knows the asset of a shard whose root was never heard of', async () => {
    await counterOf(assetId, 7).record(textOf(assetId, someone(1), { shard: 7 }));
    expect(await rolledUp(assetId)).toMatchObject({ views: 1 });
    expect(await root.live()).toMatchObject({ views: 1 });
  });

  test('has what a counter goes on from that has lost all it stored', async () => {
    await root.record(textOf(assetId, someone(66)));
    await runDurableObjectAlarm(root);
    await lose(root);
    expect(await root.live()).toMatchObject({ views: 66, watchMs: 66 * 12_000 });
    expect(await sizeOf(root, 'notes')).toBe(0);
    await root.record(textOf(assetId, someone(2, 66)));
    for (let times = 0; times < 3; times += 1) {
      passTime(ALARM_MS);
      await runDurableObjectAlarm(root);
      await restart(root);
      expect(await root.live()).toMatchObject({ views: 68, watchMs: 68 * 12_000, viewers: expect.closeTo(68, -1) });
      const today = { day_views: 68, day_viewers: expect.closeTo(68, -1), day_watch_seconds: 68 * 12 };
      expect(await rolledUp(assetId)).toMatchObject({ views: 68, watch_seconds: 68 * 12, ...today });
      expect(await root.series(all('day'))).toMatchObject([{ views: 68, watchMs: 68 * 12_000 }]);
    }
    await lose(root);
    expect(await viewsOf(root)).toBe(68);
  });

  test('and shards that were not lost are not counted twice; what a lost shard had told stays', async () => {
    const shard = counterOf(assetId, 1);
    const record = async (counter: Counter, from: number) => {
      const text = textOf(assetId, someone(3, from), { shard: counter === root ? 0 : 1 });
      await counter.record(text);
      passTime(1_000);
      await runDurableObjectAlarm(shard);
      await runDurableObjectAlarm(root);
      return [await viewsOf(root), (await rolledUp(assetId))?.['views']];
    };
    await record(root, 0);
    expect(await record(shard, 3)).toEqual([6, 6]);
    await lose(root);
    expect(await record(root, 6)).toEqual([9, 9]);
    expect(await record(shard, 9)).toEqual([12, 12]);
    await lose(shard);
    expect(await record(shard, 12)).toEqual([15, 15]);
    await restart(root);
    expect(await record(shard, 15)).toEqual([18, 18]);
    await lose(root);
    await lose(shard);
    expect(await record(shard, 18)).toEqual([21, 21]);
    expect(await rolledUp(assetId)).toMatchObject({ day_views: expect.any(Number) });
  });

  test('is never told of less than it has', async () => {
    await root.record(textOf(assetId, someone(2)));
    await env.CATALOG.prepare(
      'UPDATE asset_views SET views = 66, day_views = 60, watch_seconds = 999 WHERE asset_id = ?',
    )
      .bind(assetId)
      .run();
    passTime(ALARM_MS);
    await runDurableObjectAlarm(root);
    const kept = { views: 66, day_views: 60, watch_seconds: 999, updated_at: START + ALARM_MS };
    expect(await rolledUp(assetId)).toMatchObject(kept);
  });
});

describe('what is to be gone', () => {
  const viewer = 'abcdef0123456789';

  test('a viewer is in no row of any shard afterwards, and what was counted stays', async () => {
    const shard = counterOf(assetId, 1);
    const facts = (id: string, last: number): Facts => ({ ...watch(id, [0, 1, last]), viewer });
    const crowd = (name: string) => Array.from({ length: 260 }, (_, at) => watch(`${name}${at}`, [0, 1, 9]));
    const short = { segmentMs: 1_000, segments: 100, durationMs: 100_000 };
    // A small counter keeps no batches, a large one does.
    await root.record(textOf(assetId, [facts('a', 1)], { measure: short }));
    expect(await namesIn(root, viewer)).toEqual([]);
    await root.record(textOf(assetId, [...crowd('r'), facts('a', 1), facts('b', 9)], { measure: short }));
    await shard.record(textOf(assetId, [...crowd('s'), facts('c', 1)], { measure: short, shard: 1 }));
    await runDurableObjectAlarm(shard);
    expect([await namesIn(root, viewer), await namesIn(shard, viewer)]).toEqual([['log'], ['log']]);
    expect(await root.forgetViewer([viewer])).toBe(3);
    expect([await namesIn(root, viewer), await namesIn(shard, viewer)]).toEqual([[], []]);
    await restart(root);
    expect(await root.live()).toMatchObject({ views: 521, watchMs: 521 * 9_000 + 2_000 });
    // The session goes on, as nobody's.
    await root.record(textOf(assetId, [watch('a', [0, 2, 9])], { measure: short }));
    expect(await viewsOf(root)).toBe(522);
    expect(await root.forgetViewer([viewer])).toBe(0);
    await expect(runInDurableObject(root, (inside) => inside.forgetViewer(['alice']))).rejects.toThrow(TypeError);
  });

  test('an asset is gone with all shards and alarms, and a late batch leaves nothing', async () => {
    const shard = counterOf(assetId, 1);
    await root.record(textOf(assetId, [watch('a', [0, 1, 3])]));
    await shard.record(textOf(assetId, [watch('b', [0, 1, 3])], { shard: 1 }));
    await runDurableObjectAlarm(shard);
    await deleteAsset(env.CATALOG, assetId, Date.now(), eraseAsset(env.CATALOG, assetId, Date.now()));
    await root.clear();
    for (const late of [false, true, true]) {
      for (const counter of late ? [root, shard] : []) {
        const text = JSON.stringify(batchOf(assetId, [watch('a', [0, 1, 3])], { shard: counter === root ? 0 : 1 }));
        expect(await counter.record(text)).toMatchObject({ outcome: 'recorded' });
      }
      for (const counter of [root, shard]) {
        expect(await alarmOf(counter)).toBeNull();
        expect(await namesIn(counter, 'a')).toEqual([]);
      }
      expect(await root.live()).toEqual({ views: 0, watching: 0, watchMs: 0, viewers: 0 });
    }
  });
});
