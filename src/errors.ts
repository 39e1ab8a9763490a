/** The one error type of the Worker and the closed table of its codes. Only its doors, `app.onError` and the media origin, make Responses of them. */

/** Stable `code` → HTTP status and title of the problem document (RFC 9457). Codes are public interface: never renamed. */
export const ERRORS = {
  // Requests
  not_found: { status: 404, title: 'There is nothing at this address' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here' },
  invalid_request: { status: 400, title: 'The request does not fit what this call takes' },
  invalid_json: { status: 400, title: 'The body is not JSON' },
  request_aborted: { status: 400, title: 'The body ended before it was complete' },
  body_too_large: { status: 413, title: 'The body is larger than this call takes' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  unauthorized: { status: 401, title: 'A valid bearer token is needed' },
  precondition_failed: { status: 412, title: 'The object is not the one the request asks for' },
  range_not_satisfiable: { status: 416, title: 'The range lies outside the object' },
  // Catalog and encoding
  asset_not_found: { status: 404, title: 'There is no such asset' },
  job_not_found: { status: 404, title: 'There is no such job' },
  job_not_active: { status: 409, title: 'The job has already ended' },
  job_active: { status: 409, title: 'A job of this asset is under way' },
  job_not_failed: { status: 409, title: 'Only a failed or cancelled job can be retried' },
  task_not_found: { status: 404, title: 'There is no such task' },
  lease_lost: { status: 409, title: 'This lease is no longer valid' },
  grant_invalid: { status: 403, title: 'The grant has expired or is not one for this task' },
  not_granted: { status: 403, title: "The object is not one of the task's" },
  object_differs: { status: 409, title: 'The object exists with other bytes' },
  gc_run_not_found: { status: 404, title: 'There is no such run of garbage collection' },
  gc_run_active: { status: 409, title: 'Garbage collection is under way' },
  source_not_found: { status: 422, title: 'The source does not exist' },
  source_refused: { status: 422, title: 'The source is not one that may be read' },
  signing_key_not_found: { status: 404, title: 'There is no such signing key' },
  signing_key_exists: { status: 409, title: 'There is a signing key of this id already' },
  signing_key_invalid: { status: 422, title: 'The key is not one that links can be signed with' },
  revocation_not_found: { status: 404, title: 'There is no such revocation' },
  revocations_full: { status: 409, title: 'There are too many revocations' },
  // Events and webhooks
  webhook_not_found: { status: 404, title: 'There is no such webhook' },
  webhook_refused: { status: 422, title: 'The address is not one that may be called' },
  webhook_disabled: { status: 409, title: 'The webhook is disabled' },
  webhooks_full: { status: 409, title: 'There are too many webhooks' },
  delivery_not_found: { status: 404, title: 'There is no such delivery' },
  streams_full: { status: 503, title: 'Too many streams of events are open' },
  // Views
  range_too_large: { status: 422, title: 'The range has more points than one answer may hold' },
  resolution_too_fine: { status: 422, title: 'Views are not kept split at this resolution' },
  // Playback links
  link_malformed: { status: 400, title: 'The playback link is not a token we can read' },
  link_algorithm: { status: 403, title: 'The playback link is signed with an algorithm that is not accepted' },
  link_key_unknown: { status: 403, title: 'The playback link is signed with a key that is not registered' },
  link_signature: { status: 403, title: "The playback link's signature does not match" },
  link_expired: { status: 403, title: 'The playback link has expired' },
  link_not_yet_valid: { status: 403, title: 'The playback link is not valid yet' },
  link_audience: { status: 403, title: 'The playback link is for something else' },
  link_claims: { status: 403, title: "The playback link's claims are not ones we know" },
  link_no_rendition: { status: 403, title: 'The playback link allows no rendition that this asset has' },
  link_revoked: { status: 403, title: 'The playback link, or what it stands on, is revoked' },
  link_required: { status: 403, title: 'This asset plays with a signed link only' },
  rule_country: { status: 403, title: 'The playback link does not allow this country' },
  rule_ip: { status: 403, title: 'The playback link does not allow this address' },
  rule_origin: { status: 403, title: 'The playback link does not allow this site' },
  rule_user_agent: { status: 403, title: 'The playback link does not allow this player' },
  // Playback sessions
  session_malformed: { status: 400, title: 'The session is not a token we can read' },
  session_signature: { status: 403, title: "The session's signature does not match" },
  session_expired: { status: 403, title: 'The session has expired; fetch the manifest again' },
  session_revoked: { status: 403, title: 'The session, or what it stands on, is revoked' },
  session_track: { status: 403, title: 'The session does not include this track' },
  stream_limit: { status: 403, title: 'As many sessions of this viewer as the playback link allows are playing' },
  stream_evicted: { status: 403, title: 'A newer session of this viewer has taken the place of this one' },
  asset_disabled: { status: 403, title: 'The asset is disabled' },
  // Beacons of players
  beacon_invalid: { status: 422, title: 'The beacon names what its session is not counted by' },
  beacon_implausible: {
    status: 422,
    title: 'The beacon claims more than can have been watched since the session began',
  },
  // Faults of ours
  misconfigured: { status: 500, title: 'The service is not configured' },
  internal: { status: 500, title: 'The service failed' },
  unavailable: { status: 503, title: 'The service cannot do this right now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

export type AppErrorOptions = {
  /** One sentence for the caller about this occurrence. Never a message from below, never a token. */
  detail?: string;
  /** Further members of the problem document, e.g. `errors` of a validation. */
  extra?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
  cause?: unknown;
};

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly options: AppErrorOptions;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.detail ?? ERRORS[code].title, { cause: options.cause });
    this.code = code;
    this.status = ERRORS[code].status;
    this.options = options;
  }
}

/**
 * The problem document of an error: RFC 9457 members plus `code`, as JSON. Anything but an AppError is `internal`,
 * unexplained. Its length is named here, so that HEAD tells it as well.
 */
export function problemOf(error: unknown): { status: number; body: string; headers: Record<string, string> } {
  const known = error instanceof AppError ? error : new AppError('internal');
  const { detail, extra, headers } = known.options;
  const body = JSON.stringify({
    type: 'about:blank',
    title: ERRORS[known.code].title,
    status: known.status,
    code: known.code,
    ...(detail === undefined ? {} : { detail }),
    ...extra,
  });
  return {
    status: known.status,
    body,
    headers: {
      'content-type': 'application/problem+json',
      'content-length': String(new TextEncoder().encode(body).byteLength),
      'cache-control': 'no-store',
      ...headers,
    },
  };
}
