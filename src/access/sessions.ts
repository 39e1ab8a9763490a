/**
 * Sessions: what one player fetches with, and for how long (docs/architecture/decisions/link-to-session.md). Pure; their
 * tokens are session-tokens.ts.
 */

import { MAX_DURATION_SECONDS, MAX_SEGMENTS_PER_TRACK } from '../media/limits.ts';
import type { MainKind, Measure } from '../media/measure.ts';
import { randomId } from '../platform/random-id.ts';
import type { ConcurrencyLimits } from './concurrency/limits.ts';

/** What a session's views are counted by. In the token, so that delivery reads no presentation for a segment. */
export type SessionViews = {
  /** The tracks that count. */
  main: MainKind;
  measure: Measure;
  /** Of the asset's counters, for as long as the session lives. */
  shard: number;
  startedAtSeconds: number;
};

/**
 * Of the link that started the session, for revocation and the viewer's stream limit: fingerprints (revocation-list.ts),
 * 24 hex digits each, never what the app calls its links and viewers.
 */
export type SessionLink = {
  jti?: string | undefined;
  viewer?: string | undefined;
  kid: string;
  limits?: ConcurrencyLimits | undefined;
};

export type Session = {
  sessionId: string;
  assetId: string;
  version: string;
  revision: number;
  /** Track ids, where the link limits them. */
  tracks?: string[] | undefined;
  expiresAtSeconds: number;
  /** Absent from sessions of an earlier Sluice: they are served and not counted. */
  views?: SessionViews | undefined;
  link?: SessionLink | undefined;
};

export const MAX_DURATION_MS = MAX_DURATION_SECONDS * 1000;

/** Whether tokens can carry it: a film beyond every limit of ours is played, and not counted. */
export const isCarried = ({ segmentMs, segments, durationMs }: Measure): boolean =>
  segmentMs <= MAX_DURATION_MS && segments <= MAX_SEGMENTS_PER_TRACK && durationMs <= MAX_DURATION_MS;

/** View counters of one asset: a session names the one that counts it. */
export const MAX_SHARDS = 4_096;

/** 80 bits, like asset ids. */
export const SESSION_ID_LENGTH = 16;
export const newSessionId = (): string => randomId(SESSION_ID_LENGTH);

/** Long enough to watch with pauses, short enough that a leaked URL dies: min(configured, duration × 2 + 1 h). */
export function sessionExpiry(nowSeconds: number, durationSeconds: number, sessionSecondsMax: number): number {
  return Math.floor(nowSeconds) + Math.min(sessionSecondsMax, Math.ceil(durationSeconds * 2) + 3600);
}
