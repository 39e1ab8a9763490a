/** The error type of the Worker and the closed table of its codes. Only `app.onError` and the media origin make Responses of them. */

/** `code` → HTTP status and title of the problem document (RFC 9457). Codes are public interface: never renamed. */
export const ERRORS = {
  // Requests
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  invalid_request: { status: 400, title: 'Invalid request' },
  invalid_json: { status: 400, title: 'Invalid JSON' },
  request_aborted: { status: 400, title: 'Request body incomplete' },
  body_too_large: { status: 413, title: 'Request body too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  unauthorized: { status: 401, title: 'Missing or invalid bearer token' },
  scope_missing: { status: 403, title: 'Token lacks the scope' },
  rate_limited: { status: 429, title: 'Too many requests' },
  idempotency_running: { status: 409, title: 'The first call with this idempotency key is still running' },
  idempotency_key_reused: { status: 422, title: 'Idempotency key was used for another call' },
  idempotency_answer_too_large: { status: 409, title: 'The answer of the first call was too large to keep' },
  api_token_not_found: { status: 404, title: 'API token not found' },
  api_tokens_full: { status: 409, title: 'Too many API tokens' },
  precondition_failed: { status: 412, title: 'Precondition failed' },
  range_not_satisfiable: { status: 416, title: 'Range not satisfiable' },
  // Catalog and encoding
  asset_not_found: { status: 404, title: 'Asset not found' },
  job_not_found: { status: 404, title: 'Job not found' },
  job_not_active: { status: 409, title: 'Job has already ended' },
  job_active: { status: 409, title: 'Asset has an active job' },
  job_not_failed: { status: 409, title: 'Only failed or cancelled jobs can be retried' },
  task_not_found: { status: 404, title: 'Task not found' },
  lease_lost: { status: 409, title: 'Lease is no longer valid' },
  grant_invalid: { status: 403, title: 'Grant has expired or is for another task' },
  not_granted: { status: 403, title: 'Object is not part of the task' },
  object_differs: { status: 409, title: 'Object exists with other content' },
  gc_run_not_found: { status: 404, title: 'Garbage collection run not found' },
  gc_run_active: { status: 409, title: 'Garbage collection is already running' },
  version_not_found: { status: 404, title: 'Version not found' },
  version_not_ready: { status: 409, title: 'Version is not ready' },
  source_not_playable: { status: 422, title: 'Source cannot be played as it is' },
  download_unavailable: { status: 404, title: 'No such download of this version' },
  version_collected: { status: 409, title: 'Version has been removed' },
  source_not_found: { status: 422, title: 'Source not found' },
  source_pending: { status: 409, title: 'Source is still being fetched' },
  source_range_empty: { status: 422, title: 'Range is outside the film' },
  upload_not_found: { status: 404, title: 'Upload not found' },
  upload_gone: { status: 410, title: 'Upload has expired or was deleted' },
  upload_version_unsupported: { status: 412, title: 'Upload protocol version not supported' },
  upload_offset_mismatch: { status: 409, title: 'Upload has another offset' },
  upload_length_mismatch: { status: 400, title: 'Upload has another length' },
  upload_too_large: { status: 413, title: 'Upload is too large' },
  upload_checksum_mismatch: { status: 460, title: 'Checksum of the body does not match' },
  upload_busy: { status: 423, title: 'Another request has taken over the upload' },
  upload_closed: { status: 403, title: 'Upload takes no further bytes' },
  upload_link_unknown: { status: 403, title: 'Upload link is unknown' },
  upload_link_expired: { status: 410, title: 'Upload link has expired' },
  upload_link_used: { status: 409, title: 'Upload link has been used' },
  upload_unfinished: { status: 409, title: 'Upload is not finished' },
  upload_parts_refused: { status: 422, title: 'Parts cannot be assembled' },
  direct_unavailable: { status: 501, title: 'Direct uploads are not set up' },
  source_refused: { status: 422, title: 'Source not allowed' },
  track_not_found: { status: 404, title: 'Track not found' },
  track_refused: { status: 422, title: 'Not possible for this track' },
  tracks_full: { status: 409, title: 'Too many tracks' },
  text_unreadable: { status: 422, title: 'Text track cannot be read' },
  text_too_long: { status: 422, title: 'Text track is too long' },
  text_empty: { status: 422, title: 'Text track has no cues' },
  signing_key_not_found: { status: 404, title: 'Signing key not found' },
  signing_key_exists: { status: 409, title: 'Signing key ID already in use' },
  signing_key_invalid: { status: 422, title: 'Signing key cannot be used' },
  revocation_not_found: { status: 404, title: 'Revocation not found' },
  revocations_full: { status: 409, title: 'Too many revocations' },
  // Events and webhooks
  webhook_not_found: { status: 404, title: 'Webhook not found' },
  webhook_refused: { status: 422, title: 'Webhook URL not allowed' },
  webhook_disabled: { status: 409, title: 'Webhook is disabled' },
  webhooks_full: { status: 409, title: 'Too many webhooks' },
  delivery_not_found: { status: 404, title: 'Delivery not found' },
  streams_full: { status: 503, title: 'Too many open event streams' },
  // Views
  range_too_large: { status: 422, title: 'Range has too many points' },
  resolution_too_fine: { status: 422, title: 'Minutes cannot be split' },
  // Playback links
  link_malformed: { status: 400, title: 'Playback link is malformed' },
  link_algorithm: { status: 403, title: 'Playback link has an unsupported algorithm' },
  link_key_unknown: { status: 403, title: 'Playback link is signed with an unknown key' },
  link_signature: { status: 403, title: 'Playback link has an invalid signature' },
  link_expired: { status: 403, title: 'Playback link has expired' },
  link_not_yet_valid: { status: 403, title: 'Playback link is not valid yet' },
  link_audience: { status: 403, title: 'Playback link has another audience' },
  link_claims: { status: 403, title: 'Playback link has an invalid claim' },
  link_downloads: { status: 403, title: 'Playback link allows no downloads' },
  link_no_rendition: { status: 403, title: 'Playback link allows no rendition of this asset' },
  link_revoked: { status: 403, title: 'Playback link has been revoked' },
  link_required: { status: 403, title: 'Asset requires a signed link' },
  rule_country: { status: 403, title: 'Country not allowed' },
  rule_ip: { status: 403, title: 'IP address not allowed' },
  rule_origin: { status: 403, title: 'Site not allowed' },
  rule_user_agent: { status: 403, title: 'Player not allowed' },
  // Playback sessions
  session_malformed: { status: 400, title: 'Session token is malformed' },
  session_signature: { status: 403, title: 'Session token is invalid' },
  session_expired: { status: 403, title: 'Session has expired' },
  session_revoked: { status: 403, title: 'Session has been revoked' },
  session_track: { status: 403, title: 'Session does not include this track' },
  stream_limit: { status: 403, title: 'Too many concurrent sessions of this viewer' },
  stream_evicted: { status: 403, title: 'Session was replaced by a newer one of this viewer' },
  asset_disabled: { status: 403, title: 'Asset is disabled' },
  source_not_turned: { status: 403, title: 'This player would show the picture turned; it plays once it is encoded' },
  asset_not_published: { status: 403, title: 'Asset is not published yet' },
  asset_unpublished: { status: 403, title: 'Asset is no longer published' },
  // Beacons of players
  beacon_invalid: { status: 422, title: 'Beacon does not match its session' },
  beacon_implausible: { status: 422, title: 'Beacon claims more than can have been watched' },
  // Faults of ours
  misconfigured: { status: 500, title: 'Service is misconfigured' },
  internal: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

export type AppErrorOptions = {
  /** One sentence for the caller about this occurrence. Never the message of another error, never a token. */
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

type Issue = { path: readonly PropertyKey[]; message: string };

/** `invalid_request` that names the members which are wrong, as zod does. */
export const invalidRequest = (issues: readonly Issue[]): AppError =>
  new AppError('invalid_request', {
    extra: { errors: issues.map(({ path, message }) => ({ path: path.join('.'), message })) },
  });

export const invalidMember = (path: string, message: string): AppError => invalidRequest([{ path: [path], message }]);

/**
 * The problem document of an error: RFC 9457 members plus `code`, as JSON. Anything but an AppError is `internal`, without
 * details. It states its length, so that HEAD has it too.
 */
export function problemOf(error: unknown): { status: number; body: string; headers: Record<string, string> } {
  const { code, status, options } = error instanceof AppError ? error : new AppError('internal');
  const { title } = ERRORS[code];
  // Members that are undefined are not in the JSON.
  const body = JSON.stringify({ type: 'about:blank', title, status, code, detail: options.detail, ...options.extra });
  const headers = {
    'content-type': 'application/problem+json',
    'content-length': String(new TextEncoder().encode(body).byteLength),
    'cache-control': 'no-store',
    ...options.headers,
  };
  return { status, body, headers };
}
