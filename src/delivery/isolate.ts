/** What delivery keeps between requests, one set per environment: settings, the object source, and bounded memories. */
import { waitUntil } from 'cloudflare:workers';
import { type SessionTokens, sessionTokensOf } from '../access/session-tokens.ts';
import { KnownWindows } from '../analytics/collect/known-windows.ts';
import { type Config, configOf } from '../config.ts';
import { startTimer } from '../platform/timer.ts';
import { askLimiter, ConcurrencyLimit } from './concurrency-limit.ts';
import { type SegmentViews, segmentViewsOf } from './count-views.ts';
import type { DeliveryEnv } from './delivery-env.ts';
import { askCounter, LiveViewNumbers } from './live-views.ts';
import { Manifests } from './manifests/manifests.ts';
import { Presentations } from './manifests/presentations.ts';
import type { ObjectSource } from './objects/objects.ts';
import type { SentBuffers } from './objects/sent-buffers.ts';
import { EdgeState } from './state/state.ts';
import { sourcesOf } from './tiers/chain.ts';
import { Popularity } from './tiers/popularity.ts';

export type Isolate = {
  config: Config;
  /** What never changes under its key. */
  objects: ObjectSource;
  /** What answers are being written from. */
  sent: SentBuffers;
  state: EdgeState;
  presentations: Presentations;
  manifests: Manifests;
  popularity: Popularity;
  sessions: SessionTokens;
  streams: ConcurrencyLimit;
  /** Shards that new sessions are counted by. */
  windows: KnownWindows;
  /** Null where nothing is counted. */
  views: SegmentViews | null;
  liveViews: LiveViewNumbers;
};

const isolates = new WeakMap<DeliveryEnv, Isolate>();

/** Throws AppError `misconfigured`. */
export function isolateOf(env: DeliveryEnv): Isolate {
  const known = isolates.get(env);
  if (known !== undefined) {
    return known;
  }
  const config = configOf(env);
  const popularity = new Popularity(Date.now);
  const { media, state, sent } = sourcesOf(env, config, popularity);
  const flights = { waitUntil, startTimer, now: Date.now };
  const windows = new KnownWindows();
  const presentations = new Presentations(media);
  const isolate: Isolate = {
    config,
    objects: media,
    sent,
    state: new EdgeState(state, {
      maxAgeSeconds: config.EDGE_STATE_SECONDS,
      noteCurrent: (version, { prewarm = false }) => popularity.notePrewarm(version, prewarm),
      ...flights,
    }),
    presentations,
    manifests: new Manifests(presentations),
    popularity,
    sessions: sessionTokensOf(config, (session) => popularity.countSession(session)),
    streams: new ConcurrencyLimit({ ask: askLimiter(env), ...flights }),
    windows,
    views: segmentViewsOf(env, config, windows),
    liveViews: new LiveViewNumbers({ ask: askCounter(env), ...flights }),
  };
  isolates.set(env, isolate);
  return isolate;
}
