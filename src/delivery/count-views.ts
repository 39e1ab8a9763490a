/** Served segments → facts of views. On the hot path: a few look-ups, no wait, no I/O. */
import { waitUntil } from 'cloudflare:workers';
import type { Session } from '../access/sessions.ts';
import { mirrorTo } from '../analytics/collect/analytics-mirror.ts';
import { isMainTrack, isSegmentOf, isWhole } from '../analytics/collect/countable.ts';
import { profileOf } from '../analytics/collect/device-class.ts';
import { FactCollector } from '../analytics/collect/fact-collector.ts';
import type { KnownWindows } from '../analytics/collect/known-windows.ts';
import { newVisitor, type Visitor } from '../analytics/collect/visitor.ts';
import { counterName, UNKNOWN_COUNTRY } from '../analytics/facts.ts';
import { viewThresholdMs } from '../analytics/view-rule.ts';
import { ViewerHasher } from '../analytics/viewer-hash.ts';
import type { Config } from '../config.ts';
import { startTimer } from '../platform/timer.ts';
import type { DeliveryEnv } from './delivery-env.ts';

const COUNTRY = /^[A-Z0-9]{2}$/;

function countryOf({ cf }: Request): string {
  const country = cf?.['country'];
  return typeof country === 'string' && COUNTRY.test(country) ? country : UNKNOWN_COUNTRY;
}

type SegmentName = { track: string; number: number };

export class SegmentViews {
  readonly collector: FactCollector;
  readonly #viewMs: number;
  /** By identity: SessionTokens gives the same object for a token as long as it remembers it. */
  readonly #visitors = new WeakMap<Session, Visitor>();

  constructor(collector: FactCollector, viewSeconds: number) {
    this.collector = collector;
    this.#viewMs = viewSeconds * 1000;
  }

  /** Notes a segment that was answered with `response`, if it counts. */
  note(session: Session, { track, number }: SegmentName, request: Request, response: Response): void {
    const { views } = session;
    if (
      views === undefined ||
      !isMainTrack(views.main, track) ||
      !isSegmentOf(views.measure, number) ||
      !isWhole(request.method, response)
    ) {
      return;
    }
    const visitor = this.visitorOf(session, request);
    if (visitor !== null) {
      this.collector.add(visitor, track, number);
    }
  }

  /** `null` where nothing counts: the session has nothing to count by, or the request says that it is a bot's. */
  visitorOf(session: Session, request: Request): Visitor | null {
    const known = this.#visitors.get(session);
    if (known !== undefined) {
      return known; // Another player with the same token changes nothing: the first one decides.
    }
    const { views } = session;
    const { isBot, device } = profileOf(request.headers.get('user-agent') ?? '');
    if (views === undefined || isBot) {
      return null;
    }
    const viewMs = viewThresholdMs(views.measure, this.#viewMs);
    const visitor = newVisitor({ session, views, country: countryOf(request), device, viewMs });
    this.#visitors.set(session, visitor);
    return visitor;
  }
}

/** `null` where VIEWS is not bound: nothing is counted then. */
export function segmentViewsOf(env: DeliveryEnv, config: Config, windows: KnownWindows): SegmentViews | null {
  const { VIEWS } = env;
  if (VIEWS === undefined) {
    return null;
  }
  const hasher = new ViewerHasher(config);
  const collector = new FactCollector({
    record: ({ assetId, shard }, batch) => VIEWS.get(VIEWS.idFromName(counterName(assetId, shard))).record(batch),
    hashViewer: (viewer, startedAtSeconds) => hasher.hash(viewer, startedAtSeconds),
    windows,
    flushMs: config.VIEW_FLUSH_SECONDS * 1000,
    onAcknowledged: config.ANALYTICS === 'on' && env.VIEW_EVENTS !== undefined ? mirrorTo(env.VIEW_EVENTS) : undefined,
    waitUntil,
    startTimer,
    now: Date.now,
  });
  return new SegmentViews(collector, config.VIEW_SECONDS);
}
