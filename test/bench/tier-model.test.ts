import { describe, expect, it } from 'vitest';
import type { ReplayRequest } from '../../bench/replay.ts';
import { hitRatio, ratioMax, TierModel } from '../../bench/tier-model.ts';
import { ENTRY_OVERHEAD_BYTES } from '../../src/delivery/tiers/limits.ts';
import { EDGE_SECONDS } from '../../src/delivery/tiers/popularity.ts';

const BYTES = 1000;
const FOR_EVER = { memoryBytes: 0, edgeBytes: Number.POSITIVE_INFINITY, edgeSeconds: null };
const track = { id: 'v720', height: 720, segmentBytes: BYTES };

let session = 0;
const request = (asset: number, number: number, atMs = 0): ReplayRequest => {
  session += 1;
  return { atMs, session, asset, track, number };
};

describe('TierModel', () => {
  it('reads each object once where the edge keeps everything: what no cache can beat', () => {
    const counted = new TierModel(FOR_EVER).replay([request(1, 1), request(1, 1), request(2, 1), request(1, 1)]);
    expect(counted.tierRequests).toEqual({ memory: 0, edge: 2, r2: 2 });
    expect(counted.tierBytes.r2).toBe(2 * BYTES);
    expect(hitRatio(counted)).toBe(0.5);
    expect(ratioMax(counted)).toBe(0.5);
  });

  it('answers from memory what fits there, least recently used first to go', () => {
    const model = new TierModel({ ...FOR_EVER, memoryBytes: BYTES + ENTRY_OVERHEAD_BYTES });
    const { tierRequests } = model.replay([request(1, 1), request(1, 1), request(2, 1), request(1, 1)]);
    expect(tierRequests).toEqual({ memory: 1, edge: 1, r2: 2 });
  });

  it('remembers from one replay to the next', () => {
    const model = new TierModel(FOR_EVER);
    model.replay([request(1, 1)]);
    expect(hitRatio(model.replay([request(1, 1)]))).toBe(1);
  });

  it('evicts where the edge has no room', () => {
    const model = new TierModel({ ...FOR_EVER, edgeBytes: BYTES });
    const { tierRequests } = model.replay([request(1, 1), request(2, 1), request(1, 1)]);
    expect(tierRequests.r2).toBe(3);
  });

  it('keeps an object of an unpopular asset for its time, and not longer', () => {
    const coldMs = EDGE_SECONDS.cold * 1000;
    const model = new TierModel({ ...FOR_EVER, edgeSeconds: EDGE_SECONDS });
    // Number 2, which counts no session.
    const { tierRequests } = model.replay([request(1, 2), request(1, 2, coldMs - 1), request(1, 2, coldMs)]);
    expect(tierRequests).toEqual({ memory: 0, edge: 1, r2: 2 });
  });

  it('takes an asset that many sessions begin for a popular one', () => {
    const coldMs = EDGE_SECONDS.cold * 1000;
    const model = new TierModel({ ...FOR_EVER, edgeSeconds: EDGE_SECONDS });
    const sessions = Array.from({ length: 20 }, () => request(1, 1));
    const { tierRequests } = model.replay([...sessions, request(1, 2), request(1, 2, 2 * coldMs)]);
    expect(tierRequests).toEqual({ memory: 0, edge: 20, r2: 2 });
  });
});
