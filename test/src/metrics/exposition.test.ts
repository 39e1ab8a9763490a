import { describe, expect, test } from 'vitest';
import { TIERS as DELIVERY_TIERS } from '../../../src/delivery/objects/objects.ts';
import { ERRORS, type ErrorCode } from '../../../src/errors.ts';
import { renderExposition } from '../../../src/metrics/exposition.ts';
import { Meter } from '../../../src/metrics/meter.ts';
import {
  ANSWERED_BY,
  BATCH_RESULTS,
  POPULARITY_CLASSES as DELIVERY_CLASSES,
  POPULARITY_CLASSES,
  REQUEST_KINDS,
  type RequestKind,
  SERIES_KEYS,
} from '../../../src/metrics/metric-series.ts';
import { newTierCounters } from '../../../src/metrics/tier-counters.ts';
import { parseExposition } from './exposition-parser.ts';

const samplesOf = (meter: Meter, name: string) =>
  Object.fromEntries(parseExposition(renderExposition(meter.snapshot(), [])).get(name)?.samples ?? []);

const kinds = Object.keys(REQUEST_KINDS) as RequestKind[];

describe('what is counted is what is shown', () => {
  test('requests of every kind, tier and status', () => {
    const meter = new Meter();
    for (const kind of kinds) {
      for (const tier of ANSWERED_BY) {
        meter.countRequest(kind, 200, tier, 7);
        meter.countRequest(kind, 416, tier, 0);
      }
    }
    const requests = samplesOf(meter, 'sluice_requests_total');
    expect(Object.keys(requests)).toHaveLength(kinds.length * ANSWERED_BY.length * 2);
    expect(new Set(Object.values(requests))).toEqual(new Set([1]));
    expect(requests).toHaveProperty(['kind=segment plane=delivery status=416 tier=edge'], 1);
    expect(requests).toHaveProperty(['kind=encoder plane=control status=200 tier=none'], 1);
    const bytes = samplesOf(meter, 'sluice_response_bytes_total');
    expect(bytes).toEqual(Object.fromEntries(kinds.map((kind) => [`kind=${kind}`, 7 * ANSWERED_BY.length])));
  });

  test('refusals by every code', () => {
    const meter = new Meter();
    const codes = Object.keys(ERRORS) as ErrorCode[];
    codes.forEach((code, index) => {
      for (let count = 0; count <= index; count += 1) {
        meter.countRefusal(code);
      }
    });
    const expected = Object.fromEntries(codes.map((code, index) => [`code=${code}`, index + 1]));
    expect(samplesOf(meter, 'sluice_refusals_total')).toEqual(expected);
  });

  test('tokens', async () => {
    const meter = new Meter();
    expect(await meter.countVerification('link', Promise.resolve('claims'))).toBe('claims');
    const failing = meter.countVerification('session', Promise.reject(new Error('forged')));
    await expect(failing).rejects.toThrow('forged');
    meter.countCacheHit();
    expect(samplesOf(meter, 'sluice_token_verifications_total')).toEqual({
      'kind=link result=valid': 1,
      'kind=link result=invalid': 0,
      'kind=session result=valid': 0,
      'kind=session result=invalid': 1,
    });
    expect(samplesOf(meter, 'sluice_token_cache_hits_total')).toEqual({ '': 1 });
  });

  test('facts of views, and the batches that bring them to counters', () => {
    const meter = new Meter();
    meter.countViewFacts('recorded', 7);
    meter.countViewFacts('acknowledged', 5);
    meter.countViewFactsDropped(2);
    BATCH_RESULTS.forEach((result, index) => {
      for (let count = 0; count <= index; count += 1) {
        meter.countViewBatch(result);
      }
    });
    expect(samplesOf(meter, 'sluice_view_facts_total')).toEqual({ 'state=recorded': 7, 'state=acknowledged': 5 });
    expect(samplesOf(meter, 'sluice_view_facts_dropped_total')).toEqual({ '': 2 });
    expect(samplesOf(meter, 'sluice_view_batches_total')).toEqual({
      'result=recorded': 1,
      'result=failed': 2,
      'result=invalid': 3,
      'result=full': 4,
    });
  });

  test('every count of the tiers, in a place of its own', () => {
    const meter = new Meter();
    const edge = { edgeFillsHot: 1, edgeFillsWarm: 2, edgeFillsCold: 3 };
    const prewarm = { prewarmRead: 4, prewarmMissing: 5, prewarmFailed: 6, prewarmSkipped: 7 };
    meter.absorb({ ...newTierCounters(), ...edge, ...prewarm, r2MediaReads: 8, r2StateReads: 9, followers: 10 });
    const shown = ['sluice_edge_fills_total', 'sluice_prewarmed_objects_total', 'sluice_r2_reads_total'].map((name) =>
      samplesOf(meter, name),
    );
    expect(shown).toEqual([
      { 'class=hot': 1, 'class=warm': 2, 'class=cold': 3 },
      { 'result=read': 4, 'result=missing': 5, 'result=failed': 6, 'result=skipped': 7 },
      { 'kind=media': 8, 'kind=state': 9 },
    ]);
    expect(samplesOf(meter, 'sluice_coalesced_followers_total')).toEqual({ '': 10 });
  });

  test('what the tiers count, once, also when a snapshot is taken out in between', () => {
    const meter = new Meter();
    const counts = { ...newTierCounters(), r2StateReads: 1, followers: 2 };
    meter.absorb({ ...counts, r2MediaReads: 5 });
    meter.absorb({ ...counts, r2MediaReads: 6 });
    expect(samplesOf(meter, 'sluice_r2_reads_total')).toEqual({ 'kind=media': 6, 'kind=state': 1 });
    meter.subtract(meter.snapshot());
    meter.absorb({ ...counts, r2MediaReads: 8 });
    expect(samplesOf(meter, 'sluice_r2_reads_total')).toEqual({ 'kind=media': 2, 'kind=state': 0 });
    expect(samplesOf(meter, 'sluice_coalesced_followers_total')).toEqual({ '': 0 });
  });
});

test('the set of series is closed: an unlisted status is "other", a key that is none is not shown', () => {
  expect(new Set(SERIES_KEYS).size).toBe(SERIES_KEYS.length);
  const meter = new Meter();
  for (const status of [418, 0, 999, 1.5, -1, Number.NaN]) {
    meter.countRequest('segment', status, 'r2', 0);
  }
  const labels = 'kind=segment plane=delivery status=other tier=r2';
  expect(samplesOf(meter, 'sluice_requests_total')).toEqual({ [labels]: 6 });
  expect(renderExposition({ 'sluice_requests_total delivery eyJ.x.y 200 r2': 1 }, [])).not.toContain('eyJ');
});

test('every tier of delivery can be counted', () => {
  expect(ANSWERED_BY).toEqual(expect.arrayContaining([...DELIVERY_TIERS]));
});

test('every class of popularity can be counted', () => {
  expect(POPULARITY_CLASSES).toEqual(DELIVERY_CLASSES);
});

test('gauges are shown, and odd text is escaped', () => {
  const gauge = { name: 'sluice_x', help: 'a\\b\nc', samples: [{ labels: { l: 'q"\\\n' }, value: 3 }] };
  const text = renderExposition({}, [gauge]);
  expect(text).toContain('# HELP sluice_x a\\\\b\\nc\n# TYPE sluice_x gauge\nsluice_x{l="q\\"\\\\\\n"} 3\n');
  expect(parseExposition(text).get('sluice_x')?.type).toBe('gauge');
});
