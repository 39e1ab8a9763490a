/**
 * The tables of docs/reference/error-codes.md. When each error occurs and what to do about it is kept here, not in src,
 * so that the Worker does not bundle it. A code without an entry does not compile.
 */
import { ERRORS, type ErrorCode } from '../../src/errors.ts';
import { TASK_ERRORS, type TaskErrorCode } from '../../src/protocol/tasks.ts';
import { markdownTable } from './markdown.ts';

export const ERROR_MEANINGS: Readonly<Record<ErrorCode, string>> = {
  not_found:
    'No route has this URL, or the object, track, segment or image is not part of the version that the session plays. Fetch the manifest again.',
  method_not_allowed: 'The header `Allow` lists the methods of this URL.',
  invalid_request:
    'The query, path or body does not match the schema. `errors` lists `{path, message}` for each problem.',
  invalid_json: 'The body is not JSON. Check its encoding.',
  request_aborted: 'The client closed the connection before the body was complete. Send it again.',
  body_too_large: '`detail` names the limit: 1 MiB for most calls, 8 KiB for a beacon, 256 MiB for a segment.',
  unsupported_media_type: 'Send `Content-Type: application/json` (a beacon may also be `text/plain`).',
  unauthorized:
    'No bearer token, or one that is wrong, revoked or expired: `/v1` takes API tokens, encoder calls `ENCODER_TOKEN`, `/metrics` either `METRICS_TOKEN` or `API_TOKEN`.',
  scope_missing: '`scope` names what the call needs and the token lacks. Create a token that has it.',
  rate_limited:
    'The token made more calls than its limit, or the address sent too many wrong tokens. Wait `Retry-After` seconds.',
  idempotency_running:
    'The first call with this `Idempotency-Key` has not answered yet. Retry after `Retry-After` seconds.',
  idempotency_key_reused:
    'The `Idempotency-Key` was used within 24 hours for another path, query or body. Use a new key for each call.',
  idempotency_answer_too_large: 'The first call was done. Read what it made instead of repeating it.',
  api_token_not_found: 'No API token has this id. `API_TOKEN` is a secret of the deployment and has none.',
  api_tokens_full: '1,000 API tokens are in force. Revoke those no longer needed.',
  precondition_failed: '`If-Match` names another object than the one at this URL. Fetch it again without the header.',
  range_not_satisfiable: 'The range starts after the end of the object. `Content-Range` gives its size.',
  asset_not_found:
    'No asset has this id, or it was deleted. Players get it for an asset that has no playable version yet.',
  job_not_found: 'No job has this id.',
  job_not_active: 'The job has ended, so it cannot be cancelled or reprioritised.',
  job_active: 'Another job of the asset is under way. Wait for it or cancel it.',
  job_not_failed: 'Only a failed or cancelled job can be retried.',
  task_not_found: 'For encoders: the board does not know the task. The encoder drops it.',
  lease_lost: 'For encoders: the task was leased again or its job ended. The encoder drops it.',
  grant_invalid:
    'For encoders: the grant is missing, expired (it lasts five minutes) or for another task. The next heartbeat brings a new one.',
  not_granted: 'For encoders: the key is not one that this task may write.',
  object_differs: 'For encoders: an object with other bytes exists at this key; objects are never overwritten.',
  gc_run_not_found: 'No garbage collection run has this id.',
  gc_run_active: 'A garbage collection run is under way; `id` names it. Wait until it ends.',
  version_not_found: 'The asset has no such version. `GET /v1/assets/{id}/versions` lists them.',
  version_not_ready: 'The version was never encoded whole, so it cannot be made current. Retry its job.',
  source_not_playable:
    'The film was to play from its source alone (`encode`), and the source is not standard; `reason` says why.',
  download_unavailable:
    'The version has no such rendition or sound, or was made by a release that kept no sample tables. Encode it again.',
  version_collected:
    'Garbage collection has removed the objects of the version. Encode its source again with `POST /v1/assets/{id}/source`.',
  source_not_found: 'The bucket has no such object below `sources/`. Upload it first.',
  source_pending:
    'The source of the asset is still being fetched from its URL. Create the clip when the asset is encoding.',
  upload_not_found: 'There is no such upload; or its URL has expired or is not complete.',
  upload_gone: 'It got no bytes for 24 hours, was not finished in 6 days, or was deleted. Create another upload.',
  upload_version_unsupported:
    'Send `Tus-Resumable: 1.0.0`, or `Upload-Draft-Interop-Version` 5 or 6. The header `Tus-Version` lists versions of tus.',
  upload_offset_mismatch:
    '`Upload-Offset` is not where the upload stands; the header of the answer tells where. Continue there.',
  upload_length_mismatch:
    'The request tells another length than an earlier one, or ends the upload before its length is reached.',
  upload_too_large:
    'The length is above the limit of the server or the link, or the body goes beyond the length. `Tus-Max-Size` tells the limit of the server.',
  upload_checksum_mismatch: 'The body was discarded. Send it again from the same offset.',
  upload_busy: 'A newer request writes to the upload, so this one was ended. `HEAD` tells the offset.',
  upload_closed: 'The upload is finished, or is made of parts.',
  upload_link_unknown: 'The `link` was cut off, or was forgotten 30 days after it expired. Ask for another link.',
  upload_link_expired: 'Ask for another link.',
  upload_link_used:
    'The link has made an upload of another file or length, or one that has ended. Repeating the same creation is answered with the same `Location`.',
  upload_unfinished: 'The upload has not received all of its bytes. `HEAD` its URL says how many it has.',
  source_range_empty: 'The clip begins at or after the end of the film. `durationSeconds` of the asset is its length.',
  upload_parts_refused:
    'All parts but the last must have the same size, and each ETag must be that of the last PUT of its part. Send what is missing again, and complete the upload.',
  direct_unavailable: 'The Worker has no key pair of the bucket. `detail` names the variables that are missing.',
  source_refused:
    'The URL is not on a public host, or redirects to one that is not. [Upload](../guide/uploads.md) the file instead.',
  track_not_found:
    'The asset has no track of this id, or it was deleted. Formats of a sound (5.1, Dolby) are changed with its stereo track.',
  track_refused: '`detail` says why: for example, the picture has no name, and sound is not shifted.',
  tracks_full: 'The asset has 96 text tracks or 32 sounds. Delete one first.',
  text_unreadable: 'The file is no WebVTT, SRT, TTML or ASS, or it is damaged. `detail` says what is wrong.',
  text_too_long: '`detail` names the limit: of the file, its cues, or the text on the screen at a time.',
  text_empty: 'The file has no cue that could be shown.',
  signing_key_not_found: 'No signing key has this `kid`.',
  signing_key_exists:
    'Another key has this `kid`, or had it within the last 7 days. Register the key under another `kid`.',
  signing_key_invalid:
    'The JWK is not an ES256, EdDSA or RS256 public key that links can be signed with, or 200 keys exist. `detail` says which.',
  revocation_not_found: 'Nothing of this kind and value is revoked.',
  revocations_full:
    '200,000 entries exist. Give `expiresAt`, so that entries are forgotten; delete those no longer needed.',
  webhook_not_found: 'No webhook has this id.',
  webhook_refused:
    'The URL is not `https` on a public host. `WEBHOOK_LOOPBACK=on` allows `http://127.0.0.1` for tests.',
  webhook_disabled: 'The webhook is disabled. Enable it with `PATCH {"disabled": false}`, then redeliver.',
  webhooks_full: '20 webhooks exist. Fan out from one of them.',
  delivery_not_found: 'The webhook has no delivery of this event; events are kept for 30 days.',
  streams_full: 'The isolate has 100 event streams open. Retry after `Retry-After` seconds.',
  range_too_large: 'Ask for a shorter range or a coarser resolution; `detail` says what fits.',
  resolution_too_fine: 'Minutes are not kept split `by` a dimension. Ask by hour or day.',
  link_malformed: 'The link is neither a JWT nor an asset id. Check that it was not cut off or encoded twice.',
  link_algorithm: 'The header names an `alg` other than ES256, EdDSA or RS256, or one that does not fit its key.',
  link_key_unknown:
    'No key with this `kid` is registered. A key works as soon as it is registered; a deleted one stops within `EDGE_STATE_SECONDS`.',
  link_signature: 'The link was changed, or signed with another private key than the one registered under its `kid`.',
  link_expired: 'Sign a new link. A session that has begun plays on.',
  link_not_yet_valid: '`nbf` is in the future. Check the clock of the app that signs.',
  link_audience: 'A link for `video` was used for an image, or the reverse.',
  link_claims: 'A claim is unknown or has a wrong value. `claim` names it.',
  link_downloads: 'The link has no claim `downloads`.',
  link_no_rendition: '`maxHeight` is below the smallest rendition of the asset.',
  link_revoked: 'The link, its viewer, its asset or its key is revoked; `claim` says which.',
  link_required: "The asset's policy is `signed`, so its id alone does not play.",
  rule_country: 'The country is denied, not among those allowed, or unknown.',
  rule_ip: 'The address is denied or not among those allowed.',
  rule_origin: 'The page is denied or not among those allowed, or the request names no `Origin` or `Referer`.',
  rule_user_agent: 'The player is denied or not among those allowed.',
  session_malformed: 'The session token in the URL is not one of ours. Fetch the manifest again.',
  session_signature: 'The session token was changed, or its `SESSION_SECRET` was removed. Fetch the manifest again.',
  session_expired: 'Fetch the manifest again with a link that is still valid.',
  session_revoked:
    'The session, or the link, viewer, asset or key it came from, is revoked; `claim` says which. Playback ends.',
  session_track: "The session's link has a `maxHeight` below this track.",
  stream_limit: 'As many sessions of the viewer play as the link allows. Playback may begin when one has stopped.',
  stream_evicted: 'A newer session of the viewer took this place (`evict-oldest`). Playback ends.',
  asset_disabled: 'The asset is disabled. `PATCH {"disabled": false}` enables it.',
  source_not_turned:
    'The film plays from a source that is turned, which this player may not do. It plays there once it is encoded.',
  asset_not_published: 'Its `publishAt` has not come yet.',
  asset_unpublished: 'Its `unpublishAt` or `deleteAt` has come. Playback ends.',
  beacon_invalid:
    'The beacon names a track or segment that its session is not counted by; `detail` says what. Do not repeat it.',
  beacon_implausible: 'More media than four times the age of the session plus two minutes. Do not repeat it.',
  misconfigured:
    'A variable or secret is missing or wrong. The log line `misconfigured` names it. See [the runbook](../operations/runbook.md#500-misconfigured).',
  internal: 'A fault in Sluice. Look up the `X-Request-Id` in the log.',
  unavailable:
    'A store did not answer, or a change is noted and not yet in force. Retry, after `Retry-After` where it is given. See [the runbook](../operations/runbook.md#503-unavailable).',
};

const TASK_ERROR_MEANINGS: Readonly<Record<TaskErrorCode, string>> = {
  source_missing:
    'The object was deleted, or the server of the URL refused it or failed for too long. [Give the asset a file](../guide/versions.md).',
  source_empty: 'Upload the source again.',
  source_too_large: 'Raise `MAX_SOURCE_BYTES` or give encoders more disk.',
  source_not_media:
    'ffmpeg cannot read it. Check that the file is a film and plays elsewhere; export it as MP4 or MKV.',
  source_no_sound: 'Of a dub: the file has no sound. Export it with its audio track.',
  source_no_video: 'Sound alone is not encoded, nor is a still picture such as a cover. Add a picture track.',
  source_encrypted:
    'Sluice has no keys to decrypt it. Export the film without DRM, upload it, and [replace the file](../guide/versions.md).',
  source_audio_unsupported:
    '`message` names the formats. Convert the sound to AAC, AC-3, FLAC or PCM, for example, and [replace the file](../guide/versions.md). Where other tracks can be decoded, such a one is left out with a [warning](warnings.md).',
  source_truncated:
    'The upload was probably cut off. Compare its size with the original, upload it again, and [replace the file](../guide/versions.md).',
  source_unsupported:
    '`message` says which: longer than 12 hours, larger than 8192 pixels a side, more than 10,368,000 frames, or colours that cannot be converted. Export the source within the [limits](../limits.md) and [replace the file](../guide/versions.md).',
  decode_failed:
    'The source is damaged, or in a format that ffmpeg does not decode. Export it again and [replace the file](../guide/versions.md); `detail` has the end of stderr. A retry inspects it anew.',
  encode_failed: '`detail` has the end of stderr.',
  package_failed: '`detail` has the end of stderr.',
  output_mismatch:
    'The encoder made other frames or segments than planned. A retry inspects the source anew. If it repeats, report it with the source.',
  init_mismatch:
    'Encoders of different kinds or versions worked on one film. Make the fleet alike and retry: the finished tasks are not kept.',
  store_failed: 'The encoder could not reach the Worker, or R2 refused. See `message` for the status.',
  resource_limit: 'Tried again after 15 s, 1 min and 4 min. Give encoders more memory or disk, or fewer slots.',
  time_limit: 'Raise `TASK_SECONDS`, or lower `CHUNK_SEGMENTS`.',
  lease_expired: 'The encoder died or was cut off for `LEASE_SECONDS`.',
  internal: 'See `message` and the log of the encoder.',
  handed_back: 'The encoder was stopped; another one takes the task. Not counted as a failure.',
};

export const errorBlocks = {
  errors: () =>
    markdownTable(
      ['code', 'status', 'title', 'when, and what to do'],
      (Object.keys(ERRORS) as ErrorCode[]).map((code) => [
        `\`${code}\``,
        String(ERRORS[code].status),
        ERRORS[code].title,
        ERROR_MEANINGS[code],
      ]),
    ),
  'task-errors': () =>
    markdownTable(
      ['code', 'tried again', 'title', 'what to do'],
      (Object.keys(TASK_ERRORS) as TaskErrorCode[]).map((code) => [
        `\`${code}\``,
        TASK_ERRORS[code].final ? 'no' : 'yes',
        TASK_ERRORS[code].title,
        TASK_ERROR_MEANINGS[code],
      ]),
    ),
};
