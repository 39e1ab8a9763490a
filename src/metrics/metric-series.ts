/**
 * Every counter and all of its series, made once from closed sets: a label value that is not listed here cannot be
 * counted, so players cannot make Prometheus hold more series. Pure.
 */
import { ERRORS } from '../errors.ts';

/** What a request is for, as its route says it, and the plane it belongs to. */
export const REQUEST_KINDS = {
  multivariant: 'delivery',
  mpd: 'delivery',
  'media-playlist': 'delivery',
  'iframe-playlist': 'delivery',
  init: 'delivery',
  segment: 'delivery',
  /** Parts of text tracks. */
  text: 'delivery',
  chapters: 'delivery',
  image: 'delivery',
  /** Whole files. */
  download: 'delivery',
  /** The number of viewers, shown to any holder of a playback link. */
  views: 'delivery',
  /** Answered before the route was known: refused sessions, preflights, unknown addresses. */
  other: 'delivery',
  api: 'control',
  encoder: 'control',
} as const;
export type RequestKind = keyof typeof REQUEST_KINDS;

/**
 * Where an answer came from; for playlists and MPDs, where their presentation came from. `none`: no tier was asked, as for
 * refusals, numbers of viewers and the control plane.
 */
export const ANSWERED_BY = ['memory', 'edge', 'shield', 'r2', 'none'] as const;
export type Tier = (typeof ANSWERED_BY)[number];

/** Estimated popularity of a version; decides how long the data centre's cache may keep its objects. */
export const POPULARITY_CLASSES = ['hot', 'warm', 'cold'] as const;

/** What a counter answered to a batch of facts; `failed`: no answer in time. */
export const BATCH_RESULTS = ['recorded', 'failed', 'invalid', 'full'] as const;

/** The statuses that Sluice answers with; `shownStatus` makes any other `other`. */
const STATUSES = new Set([200, 201, 202, 204, 206, 304, ...Object.values(ERRORS).map(({ status }) => status)]);
export const shownStatus = (status: number): string => (STATUSES.has(status) ? String(status) : 'other');

/** Counters with at most as many series are shown at zero too, so that their rates begin there. */
const SHOWN_AT_ZERO_MAX = 8;

export type Labels = Readonly<Record<string, string>>;

/** The name of a series in the totals of an isolate. Durable Objects store it. */
export const seriesKey = (counter: string, labelValues: readonly string[]): string =>
  [counter, ...labelValues].join(' ');

const counter = <Name extends string>(name: Name, help: string, labels: readonly Labels[] = [{}]) => ({
  name,
  help,
  series: labels.map((set) => ({ key: seriesKey(name, Object.values(set)), labels: set })),
  shownAtZero: labels.length <= SHOWN_AT_ZERO_MAX,
});

const each = (label: string, values: readonly string[]): Labels[] => values.map((value) => ({ [label]: value }));

const requestLabels = Object.entries(REQUEST_KINDS).flatMap(([kind, plane]) =>
  [...STATUSES, 'other'].flatMap((status) =>
    ANSWERED_BY.map((tier) => ({ plane, kind, status: String(status), tier })),
  ),
);

/** In the order of the exposition. */
export const COUNTERS = [
  counter(
    'sluice_requests_total',
    'Answers of the delivery and control planes, by what was asked for, status and the tier that answered.',
    requestLabels,
  ),
  counter(
    'sluice_response_bytes_total',
    'Bytes of response bodies as announced by Content-Length. A client that aborts counts in full: an upper bound of what was sent.',
    each('kind', Object.keys(REQUEST_KINDS)),
  ),
  counter(
    'sluice_r2_reads_total',
    'Reads of R2 by the delivery plane (get and head): media never changes, state may.',
    each('kind', ['media', 'state']),
  ),
  counter('sluice_coalesced_followers_total', 'Requests answered by the read of another request for the same object.'),
  counter(
    'sluice_edge_fills_total',
    'Objects given to the edge cache, by the popularity of their version.',
    each('class', POPULARITY_CLASSES),
  ),
  counter(
    'sluice_prewarmed_objects_total',
    'Objects of published versions that prewarming asked for, by result.',
    each('result', ['read', 'missing', 'failed', 'skipped']),
  ),
  counter(
    'sluice_token_verifications_total',
    'Token signatures that were checked. A genuine token may still be refused, for example when it has expired.',
    ['link', 'session'].flatMap((kind) => ['valid', 'invalid'].map((result) => ({ kind, result }))),
  ),
  counter(
    'sluice_token_cache_hits_total',
    'Sessions that needed no check because the same isolate had checked them before.',
  ),
  counter('sluice_refusals_total', 'Answers with a problem document, by its code.', each('code', Object.keys(ERRORS))),
  counter(
    'sluice_concurrency_limit_unknown_total',
    "Calls to a viewer's concurrency limiter that failed or took over 1 s; what was fetched meanwhile was let through.",
  ),
  counter(
    'sluice_view_facts_total',
    'Segments that count towards views, as noted by the isolates and as made durable by the counters.',
    each('state', ['recorded', 'acknowledged']),
  ),
  counter(
    'sluice_view_batches_total',
    'Batches of view facts sent to counters, by result. Failed batches, and those that met a full counter, are sent again.',
    each('result', BATCH_RESULTS),
  ),
  counter(
    'sluice_view_facts_dropped_total',
    'View facts that were lost: more waited than an isolate may hold, or the counter did not take them. Alert on it.',
  ),
] as const;
export type CounterName = (typeof COUNTERS)[number]['name'];

export const SERIES_KEYS: readonly string[] = COUNTERS.flatMap(({ series }) => series.map(({ key }) => key));
