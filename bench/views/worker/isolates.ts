/** Isolates of delivery and sessions, for the load generator and the replay: made of the product's parts. */
import type { Session } from '../../../src/access/sessions.ts';
import { type CollectorOptions, FactCollector } from '../../../src/analytics/collect/fact-collector.ts';
import { KnownWindows } from '../../../src/analytics/collect/known-windows.ts';
import { ViewerHasher } from '../../../src/analytics/viewer-hash.ts';
import { configOf } from '../../../src/config.ts';
import { SegmentViews } from '../../../src/delivery/count-views.ts';
import { COUNTRIES, USER_AGENTS } from '../audience.ts';
import { SEGMENT_MS } from '../load-order.ts';

export type Isolate = { collector: FactCollector; views: SegmentViews; windows: KnownWindows; place: number };

type IsolateOptions = Pick<CollectorOptions, 'record' | 'waitUntil' | 'startTimer' | 'now'> &
  Required<Pick<CollectorOptions, 'onAcknowledged'>> &
  Partial<Pick<CollectorOptions, 'hashViewer'>>;

const LIFE_SECONDS = 4 * 3600;
/** Longer than every session. */
const FILM_SEGMENTS = 1_800;
const TRACKS = ['v360', 'v720', 'v1080'] as const;

/** `place`: in every window of shards, 0–1. */
export function newIsolate(env: object, place: number, options: IsolateOptions): Isolate {
  const config = configOf(env);
  const hasher = new ViewerHasher(config);
  const windows = new KnownWindows(place);
  const collector = new FactCollector({
    hashViewer: (viewer, startedAtSeconds) => hasher.hash(viewer, startedAtSeconds),
    ...options,
    windows,
    flushMs: config.VIEW_FLUSH_SECONDS * 1000,
  });
  return { collector, views: new SegmentViews(collector, config.VIEW_SECONDS), windows, place };
}

/** `maker` and `count` make it unique. */
export function newSession({
  assetId,
  count,
  isSignedIn,
  maker,
  shard,
}: {
  assetId: string;
  shard: number;
  isSignedIn: boolean;
  maker: string;
  count: number;
}): { session: Session; track: string } {
  const startedAtSeconds = Math.floor(Date.now() / 1000);
  const sessionId = `${maker}${count.toString(36).padStart(16 - maker.length, '0')}`;
  const measure = { segmentMs: SEGMENT_MS, segments: FILM_SEGMENTS, durationMs: SEGMENT_MS * FILM_SEGMENTS };
  const session: Session = {
    ...{ sessionId, assetId, version: 'v1', revision: 1, expiresAtSeconds: startedAtSeconds + LIFE_SECONDS },
    views: { main: 'video', measure, shard, startedAtSeconds },
    ...(isSignedIn ? { link: { viewer: `viewer-${maker}-${count}`, kid: 'bench' } } : {}),
  };
  return { session, track: TRACKS[count % TRACKS.length] ?? 'v360' };
}

export const newRequest = (): Request =>
  new Request('https://bench.invalid/', {
    headers: { 'user-agent': USER_AGENTS.desktop },
    cf: { country: COUNTRIES[0] },
  });

/** A segment that was answered in full. */
export const WHOLE = new Response(null, { status: 200 });
