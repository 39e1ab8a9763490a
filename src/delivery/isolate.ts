/** What delivery keeps between requests, one set per environment: settings, the object source, and bounded memories. */
import { waitUntil } from 'cloudflare:workers';
import { sessionTokensOf } from '../access/session-tokens.ts';
import { BeaconCredits } from '../analytics/collect/beacon.ts';
import { KnownWindows } from '../analytics/collect/known-windows.ts';
import { counterName } from '../analytics/facts.ts';
import { configOf } from '../config.ts';
import { startTimer } from '../platform/timer.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { segmentViewsOf } from './count-views.ts';
import { bound, type DeliveryEnv } from './delivery-env.ts';
import { SampleHeads } from './downloads/encoded-file.ts';
import { LiveViewNumbers } from './live-views.ts';
import { Manifests } from './manifests/manifests.ts';
import { EdgeState } from './state/state.ts';
import { TextSlices } from './text-slices.ts';
import { countedBucket, sourcesOf } from './tiers/chain.ts';
import { Popularity } from './tiers/popularity.ts';

function newIsolate(env: DeliveryEnv) {
  const config = configOf(env);
  const popularity = new Popularity(Date.now);
  const { media, state, sent } = sourcesOf(env, config, popularity);
  const flights = { waitUntil, startTimer, now: Date.now };
  const windows = new KnownWindows();
  const stored = countedBucket(env.MEDIA, 'r2MediaReads');
  return {
    config,
    /** What never changes under its key. */
    objects: media,
    /** The bucket alone, for downloads: a film would push everything else out of the caches. */
    stored,
    sampleHeads: new SampleHeads(stored),
    /** What answers are being written from. */
    sent,
    state: new EdgeState(state, {
      maxAgeSeconds: config.EDGE_STATE_SECONDS,
      noteCurrent: (version, { prewarm = false }) => popularity.notePrewarm(version, prewarm),
      ...flights,
    }),
    manifests: new Manifests(media),
    texts: new TextSlices(media),
    popularity,
    sessions: sessionTokensOf(config, (session) => popularity.countSession(session)),
    streams: new ConcurrencyLimit({
      ...flights,
      ask: async ({ viewer, sessionId, limits }) => {
        const limiters = bound(env, 'CONCURRENCY');
        return limiters.get(limiters.idFromName(viewer)).renew(sessionId, limits);
      },
    }),
    /** Shards that new sessions are counted by. */
    windows,
    /** Null where nothing is counted. */
    views: segmentViewsOf(env, config, windows),
    credits: new BeaconCredits(),
    liveViews: new LiveViewNumbers({
      ...flights,
      ask: async (assetId) => {
        const counters = bound(env, 'VIEWS');
        return counters.get(counters.idFromName(counterName(assetId, 0))).live();
      },
    }),
  };
}

export type Isolate = ReturnType<typeof newIsolate>;

const isolates = new WeakMap<DeliveryEnv, Isolate>();

/** Throws AppError `misconfigured`. */
export function isolateOf(env: DeliveryEnv): Isolate {
  let isolate = isolates.get(env);
  if (isolate === undefined) {
    isolate = newIsolate(env);
    isolates.set(env, isolate);
  }
  return isolate;
}
