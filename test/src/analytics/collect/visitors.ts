/** Sessions as collectors know them. */

import { identify, newVisitor, type Visitor } from '../../../../src/analytics/collect/visitor.ts';
import type { Batch } from '../../../../src/analytics/facts.ts';

export const MEASURE = { segmentMs: 4000, segments: 100, durationMs: 398_000 };
/** Long after every clock of these tests. */
export const EXPIRES_SECONDS = 4_000_000_000;

export type VisitorFacts = {
  assetId?: string;
  version?: string;
  shard?: number;
  viewer?: string;
  segments?: number;
  expiresAtSeconds?: number;
};

export function visitorOf(sessionId: string, facts: VisitorFacts = {}): Visitor {
  const { assetId = 'asset1', version = 'ver1', shard = 0, viewer, segments = 100 } = facts;
  const views = { main: 'video' as const, measure: { ...MEASURE, segments }, shard, startedAtSeconds: 1000 };
  const { expiresAtSeconds = EXPIRES_SECONDS } = facts;
  const link = viewer === undefined ? undefined : { kid: 'k', viewer };
  const session = { sessionId, assetId, version, revision: 1, expiresAtSeconds, views, link };
  const visitor = newVisitor({ session, views, country: 'DE', device: 0, viewMs: 3000 });
  if (viewer === undefined) {
    identify(visitor, '');
  }
  return visitor;
}

/** Every fact of a batch, as `session track number`, sorted. */
export function factsOf(json: string): string[] {
  const { versions } = JSON.parse(json) as Batch;
  const facts: string[] = [];
  for (const { tracks, sessions } of versions) {
    for (const [sessionId, , , , , runs] of sessions) {
      for (const [track, first, last] of runs) {
        for (let number = first; number <= last; number += 1) {
          facts.push(`${sessionId} ${tracks[track]} ${number}`);
        }
      }
    }
  }
  return facts.sort();
}
