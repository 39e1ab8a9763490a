/**
 * Every series there is, made once from closed sets: a label value that is not listed here cannot be counted, so what
 * Prometheus has to hold is bounded whatever players send. Pure.
 */
import { ERRORS, type ErrorCode } from '../errors.ts';

/** What a request is for, as its route says it, and the plane it belongs to. */
export const REQUEST_KINDS = {
  multivariant: 'delivery',
  mpd: 'delivery',
  'media-playlist': 'delivery',
  'iframe-playlist': 'delivery',
  init: 'delivery',
  segment: 'delivery',
  image: 'delivery',
  /** How many watch, of whoever holds a playback link. */
  views: 'delivery',
  /** Answered before it was known what is asked for: refused sessions, preflights, addresses of nothing. */
  other: 'delivery',
  api: 'control',
  encoder: 'control',
} as const;
export type RequestKind = keyof typeof REQUEST_KINDS;
const KINDS = Object.keys(REQUEST_KINDS) as RequestKind[];

/**
 * Where an answer came from, of playlists and MPDs the presentation that they were made of; `none` is what no tier
 * answers: refusals, numbers of viewers, the control plane.
 */
export const ANSWERED_BY = ['memory', 'edge', 'shield', 'r2', 'none'] as const;
export type Tier = (typeof ANSWERED_BY)[number];

/** Segments, init segments, images and presentations; current.json and the edge files. */
const READ_KINDS = ['media', 'state'] as const;

/** How popular a version is taken to be; decides how long the data centre's cache may keep its objects. */
export const POPULARITY_CLASSES = ['hot', 'warm', 'cold'] as const;

/** Of an object that prewarming wanted: read, not there, failed or too slow, left out as too much. */
const PREWARM_RESULTS = ['read', 'missing', 'failed', 'skipped'] as const;

/** Facts of views: noted by an isolate, and durable in a counter. */
const FACT_STATES = ['recorded', 'acknowledged'] as const;
export type FactState = (typeof FACT_STATES)[number];

/** What a counter said to a batch of facts; `failed` is that it did not, in time. */
export const BATCH_RESULTS = ['recorded', 'failed', 'invalid', 'full'] as const;
export type BatchResult = (typeof BATCH_RESULTS)[number];

const TOKEN_KINDS = ['link', 'session'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

const VERIFICATION_RESULTS = ['valid', 'invalid'] as const;
export type VerificationResult = (typeof VERIFICATION_RESULTS)[number];

const CODES = Object.keys(ERRORS) as ErrorCode[];

/** What Sluice answers with; anything else is counted as `other`. */
const STATUSES = [...new Set([200, 201, 202, 204, 206, 304, ...Object.values(ERRORS).map(({ status }) => status)])];
const STATUS_LABELS = [...STATUSES.map(String), 'other'];
const OTHER_STATUS = STATUSES.length;
/** By status: a look-up in a flat table costs the hot path less than a search. */
const STATUS_INDICES = Uint8Array.from({ length: 600 }, (_, status) => {
  const index = STATUSES.indexOf(status);
  return index < 0 ? OTHER_STATUS : index;
});

const indexOf = <T extends string>(values: readonly T[]) =>
  Object.fromEntries(values.map((value, index) => [value, index])) as Readonly<Record<T, number>>;
const KIND_INDICES = indexOf(KINDS);
const TIER_INDICES = indexOf(ANSWERED_BY);
const CODE_INDICES = indexOf(CODES);

export type Labels = Readonly<Record<string, string>>;
export type Family = {
  name: string;
  help: string;
  /** Where each of its series is found in a snapshot, and how it is labelled. */
  series: readonly { key: string; labels: Labels }[];
  /** Shown also while nothing has been counted: what is small and always there, so that rates begin at zero. */
  shownAtZero: boolean;
};

const family = (name: string, help: string, labels: readonly Labels[], shownAtZero: boolean): Family => ({
  name,
  help,
  series: labels.map((set) => ({ key: [name, ...Object.values(set)].join(' '), labels: set })),
  shownAtZero,
});

const requestLabels = KINDS.flatMap((kind) =>
  STATUS_LABELS.flatMap((status) => ANSWERED_BY.map((tier) => ({ plane: REQUEST_KINDS[kind], kind, status, tier }))),
);
const verificationLabels = TOKEN_KINDS.flatMap((kind) => VERIFICATION_RESULTS.map((result) => ({ kind, result })));

/** The counters of an isolate, in the order of the exposition; the functions below are their places in a flat array. */
export const COUNTERS = [
  family(
    'sluice_requests_total',
    'Answers of the delivery and control planes, by what was asked for, status and the tier that answered.',
    requestLabels,
    false,
  ),
  family(
    'sluice_response_bytes_total',
    'Bytes of response bodies as announced by Content-Length. A client that aborts counts in full: an upper bound of what was sent.',
    KINDS.map((kind) => ({ kind })),
    false,
  ),
  family(
    'sluice_r2_reads_total',
    'Reads of R2 by the delivery plane (get and head): media never changes, state may.',
    READ_KINDS.map((kind) => ({ kind })),
    true,
  ),
  family(
    'sluice_coalesced_followers_total',
    'Requests answered by the read of another request for the same object.',
    [{}],
    true,
  ),
  family(
    'sluice_edge_fills_total',
    'Objects given to the edge cache, by the popularity of their version.',
    POPULARITY_CLASSES.map((popularity) => ({ class: popularity })),
    true,
  ),
  family(
    'sluice_prewarmed_objects_total',
    'Objects of published versions that prewarming asked for, by result.',
    PREWARM_RESULTS.map((result) => ({ result })),
    true,
  ),
  family(
    'sluice_token_verifications_total',
    'Token signatures that were checked. A genuine token may still be refused, for example when it has expired.',
    verificationLabels,
    true,
  ),
  family(
    'sluice_token_cache_hits_total',
    'Sessions that needed no check because the same isolate had checked them before.',
    [{}],
    true,
  ),
  family(
    'sluice_refusals_total',
    'Answers with a problem document, by its code.',
    CODES.map((code) => ({ code })),
    false,
  ),
  family(
    'sluice_concurrency_limit_unknown_total',
    "Calls to a viewer's concurrency limiter that failed or took over 1 s; what was fetched meanwhile was let through.",
    [{}],
    true,
  ),
  family(
    'sluice_view_facts_total',
    'Segments that count towards views, as noted by the isolates and as made durable by the counters.',
    FACT_STATES.map((state) => ({ state })),
    true,
  ),
  family(
    'sluice_view_batches_total',
    'Batches of view facts sent to counters, by result. Failed batches, and those that met a full counter, are sent again.',
    BATCH_RESULTS.map((result) => ({ result })),
    true,
  ),
  family(
    'sluice_view_facts_dropped_total',
    'View facts that were lost: more waited than an isolate may hold, they came too late, or the counter did not take them. Alert on it.',
    [{}],
    true,
  ),
] as const;

const offsetOf = (name: string): number => {
  const index = COUNTERS.findIndex((counter) => counter.name === name);
  return COUNTERS.slice(0, index).reduce((sum, { series }) => sum + series.length, 0);
};

const BYTES_OFFSET = offsetOf('sluice_response_bytes_total');
const VERIFICATIONS_OFFSET = offsetOf('sluice_token_verifications_total');
const REFUSALS_OFFSET = offsetOf('sluice_refusals_total');

/** The key of each place of the flat array. */
export const SERIES_KEYS: readonly string[] = COUNTERS.flatMap(({ series }) => series.map(({ key }) => key));

export const requestIndex = (kind: RequestKind, status: number, tier: Tier): number =>
  (KIND_INDICES[kind] * STATUS_LABELS.length + (STATUS_INDICES[status] ?? OTHER_STATUS)) * ANSWERED_BY.length +
  TIER_INDICES[tier];
export const bytesIndex = (kind: RequestKind): number => BYTES_OFFSET + KIND_INDICES[kind];
export const verificationIndex = (kind: TokenKind, result: VerificationResult): number =>
  VERIFICATIONS_OFFSET + (kind === 'link' ? 0 : VERIFICATION_RESULTS.length) + (result === 'valid' ? 0 : 1);
export const CACHE_HITS_INDEX = offsetOf('sluice_token_cache_hits_total');
export const CONCURRENCY_UNKNOWN_INDEX = offsetOf('sluice_concurrency_limit_unknown_total');
const FACTS_INDEX = offsetOf('sluice_view_facts_total');
export const factsIndex = (state: FactState): number => FACTS_INDEX + (state === 'recorded' ? 0 : 1);
const BATCHES_INDEX = offsetOf('sluice_view_batches_total');
export const batchesIndex = (result: BatchResult): number => BATCHES_INDEX + BATCH_RESULTS.indexOf(result);
export const FACTS_DROPPED_INDEX = offsetOf('sluice_view_facts_dropped_total');
export const refusalIndex = (code: ErrorCode): number => REFUSALS_OFFSET + CODE_INDICES[code];

const MEDIA_READS_INDEX = offsetOf('sluice_r2_reads_total');
const EDGE_FILLS_INDEX = offsetOf('sluice_edge_fills_total');
const PREWARMED_INDEX = offsetOf('sluice_prewarmed_objects_total');

/** Where a meter puts what delivery's tiers count for themselves, by their names for it. */
export const TIER_COUNT_INDICES = {
  r2MediaReads: MEDIA_READS_INDEX,
  r2StateReads: MEDIA_READS_INDEX + 1,
  followers: offsetOf('sluice_coalesced_followers_total'),
  edgeFillsHot: EDGE_FILLS_INDEX,
  edgeFillsWarm: EDGE_FILLS_INDEX + 1,
  edgeFillsCold: EDGE_FILLS_INDEX + 2,
  prewarmRead: PREWARMED_INDEX,
  prewarmMissing: PREWARMED_INDEX + 1,
  prewarmFailed: PREWARMED_INDEX + 2,
  prewarmSkipped: PREWARMED_INDEX + 3,
} as const;
export type TierCounts = Readonly<Record<keyof typeof TIER_COUNT_INDICES, number>>;
