/** Bytes on their way from a request to the upload's Durable Object, and what became of them. */
import { changeOpenUpload, findUpload, type UploadRow } from '../../catalog/uploads.ts';
import { AppError, type AppErrorOptions, type ErrorCode } from '../../errors.ts';
import type { RateLimitEnv } from '../../http/rate-limit.ts';
import type { Bindings } from '../../platform/bindings.ts';
import { log } from '../../platform/log.ts';
import type { Dialect } from './dialect.ts';
import { BODY_TOO_LARGE } from './headers.ts';
import { EXTEND_EVERY_MS } from './limits.ts';
import { expiryOf } from './new-upload.ts';
import {
  APPEND_HEADER,
  type AppendOrder,
  type AppendResult,
  type UploadFacts,
  type UploadStatus,
} from './session/session-port.ts';
import type { UploadsEnv } from './session/upload-session.ts';

export type UploadEnv = Bindings & UploadsEnv & RateLimitEnv;

export const factsOf = ({ id, key, kind, content_type, length, max_bytes, look }: UploadRow): UploadFacts => ({
  id,
  key,
  contentType: content_type,
  length,
  maxBytes: max_bytes,
  wantsLook: kind === 'file' && look === null,
});

export const sessionOf = ({ UPLOADS }: UploadsEnv, id: string) => UPLOADS.get(UPLOADS.idFromName(id));

/** A finished upload is told from its row; an open one by its object, which ends a writer that is still there. */
export async function statusOf(env: UploadEnv, upload: UploadRow): Promise<UploadStatus> {
  if (upload.state === 'open') {
    return await sessionOf(env, upload.id).status(factsOf(upload)).catch(throwUnavailable);
  }
  return { offset: upload.length ?? 0, length: upload.length, isStored: upload.state === 'finished' };
}

/** The object was restarted, or has too much to do. */
export function throwUnavailable(cause: unknown): never {
  log.warn({ event: 'upload_session_failed', reason: String(cause) });
  throw new AppError('unavailable', { headers: { 'retry-after': '1' }, cause });
}

/** Where it is used, an upload lives on. Returns when it expires. */
export async function keepAlive({ CATALOG }: Bindings, upload: UploadRow, nowMs: number): Promise<number> {
  const expiresAt = expiryOf(upload.created_at, nowMs);
  if (expiresAt - upload.expires_at < EXTEND_EVERY_MS) {
    return upload.expires_at;
  }
  await changeOpenUpload(CATALOG, upload.id, { expiresAt }, nowMs);
  return expiresAt;
}

/** Throws `upload_gone`, also where the sweep has not been there yet. */
export function throwIfGone({ state, expires_at }: UploadRow, nowMs: number): void {
  if (state === 'expired' || state === 'deleted' || (state === 'open' && expires_at <= nowMs)) {
    throw new AppError('upload_gone');
  }
}

type Appended = { status: UploadStatus; upload: UploadRow };

/** Throws what the object refuses. The row that is returned is the one after the append. */
export async function append(
  env: UploadEnv,
  upload: UploadRow,
  order: Omit<AppendOrder, 'facts'>,
  body: ReadableStream<Uint8Array> | null,
  dialect: Dialect,
): Promise<Appended> {
  const headers = { [APPEND_HEADER]: JSON.stringify({ facts: factsOf(upload), ...order } satisfies AppendOrder) };
  const response = await sessionOf(env, upload.id)
    .fetch('https://upload.internal/', { method: 'POST', headers, body })
    .catch(throwUnavailable);
  if (!response.ok) {
    throwUnavailable(await response.text());
  }
  const result: AppendResult = await response.json();
  if (result.refused !== undefined) {
    throw refusalOf(result, result.refused, order.offset, dialect);
  }
  if (result.isStored) {
    return { status: result, upload: (await findUpload(env.CATALOG, upload.id)) ?? upload };
  }
  if (upload.length === null && result.length !== null) {
    await changeOpenUpload(env.CATALOG, upload.id, { length: result.length }, Date.now());
  }
  return { status: result, upload };
}

const CODES = {
  offset_mismatch: 'upload_offset_mismatch',
  length_mismatch: 'upload_length_mismatch',
  too_large: 'upload_too_large',
  body_too_large: 'body_too_large',
  checksum_mismatch: 'upload_checksum_mismatch',
  busy: 'upload_busy',
  ended: 'upload_closed',
} as const satisfies Record<NonNullable<AppendResult['refused']>, ErrorCode>;

const PROBLEMS = 'https://iana.org/assignments/http-problem-types#';

export function refusalOf(
  status: UploadStatus,
  refused: keyof typeof CODES,
  provided: number,
  dialect: Dialect,
): AppError {
  const code = refused === 'ended' && status.offset !== provided ? CODES.offset_mismatch : CODES[refused];
  const headers = { 'upload-offset': String(status.offset) };
  const detail = code === 'body_too_large' ? { detail: BODY_TOO_LARGE } : {};
  return new AppError(code, {
    headers,
    ...detail,
    ...(dialect === 6 ? problemTypeOf(code, status.offset, provided) : {}),
  });
}

/** Of draft-ietf-httpbis-resumable-upload, interop version 6. */
function problemTypeOf(code: ErrorCode, expected: number, provided: number): Pick<AppErrorOptions, 'extra'> {
  switch (code) {
    case 'upload_offset_mismatch':
      return {
        extra: {
          type: `${PROBLEMS}mismatching-upload-offset`,
          'expected-offset': expected,
          'provided-offset': provided,
        },
      };
    case 'upload_length_mismatch':
      return { extra: { type: `${PROBLEMS}inconsistent-upload-length` } };
    case 'upload_closed':
      return { extra: { type: `${PROBLEMS}completed-upload` } };
    default:
      return {};
  }
}
