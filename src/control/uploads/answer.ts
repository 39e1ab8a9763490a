/** What answers of both protocols tell of an upload, and which pages may read them. Pure. */
import type { UploadRow } from '../../catalog/uploads.ts';
import { AppError } from '../../errors.ts';
import { parseLook } from '../../protocol/source-look.ts';
import { type Dialect, isInterop, OFFERED, TUS_VERSION, uploadLimit } from './dialect.ts';
import type { UploadStatus } from './session/session-port.ts';

type Fields = Record<string, string>;

const onlyIf = (condition: boolean, fields: Fields): Fields => (condition ? fields : {});

/** tus 1.0.0, Expiration: on every answer of an upload that may expire. */
export function stateHeaders(dialect: Dialect, upload: UploadRow, status: UploadStatus, expiresAt: number): Fields {
  const isFinished = upload.state === 'finished' || upload.state === 'failed';
  const length = status.length ?? upload.length;
  // The row is from before the append.
  const look = status.look ?? parseLook(upload.look);
  return {
    // The offset of a whole is not told before its object is there (tus 1.0.0, Concatenation).
    ...onlyIf(upload.kind !== 'whole' || status.isStored, { 'upload-offset': String(status.offset) }),
    ...onlyIf(upload.state === 'open', { 'upload-expires': new Date(expiresAt).toUTCString() }),
    ...onlyIf(upload.state === 'finished' && upload.asset_id !== null, { 'sluice-asset': upload.asset_id ?? '' }),
    ...(look === null ? {} : { 'sluice-look': look.standard ? 'standard' : look.code }),
    ...onlyIf(dialect !== 'tus', {
      'upload-complete': isFinished || status.offset === length ? '?1' : '?0',
      'upload-limit': uploadLimit(upload.max_bytes),
    }),
  };
}

/** What only HEAD tells. */
export const factHeaders = (dialect: Dialect, upload: UploadRow, { length = upload.length }: UploadStatus): Fields => ({
  ...onlyIf(length !== null, { 'upload-length': String(length) }),
  ...onlyIf(length === null && dialect === 'tus', { 'upload-defer-length': '1' }),
  ...onlyIf(upload.metadata !== null, { 'upload-metadata': upload.metadata ?? '' }),
  ...onlyIf(upload.kind === 'part', { 'upload-concat': 'partial' }),
  ...onlyIf(upload.kind === 'whole', { 'upload-concat': `final;${partUrls(upload).join(' ')}` }),
});

/** By their ids: the URLs themselves are not stored, because each is a secret. */
const partUrls = ({ parts }: UploadRow): string[] =>
  (JSON.parse(parts ?? '[]') as string[]).map((id) => `/v1/uploads/${id}`);

/** The headers that say which protocol an answer speaks: tus also where none is known. */
export const dialectHeaders = (requested: Headers): Fields => {
  const interop = requested.get('upload-draft-interop-version');
  return interop === null || !isInterop(interop)
    ? { 'tus-resumable': TUS_VERSION }
    : { 'upload-draft-interop-version': interop };
};

const EXPOSED = [
  'Location',
  'Sluice-Asset',
  'Sluice-Look',
  'Upload-Offset',
  'Upload-Length',
  'Upload-Defer-Length',
  'Upload-Metadata',
  'Upload-Concat',
  'Upload-Expires',
  'Upload-Complete',
  'Upload-Limit',
  'Upload-Draft-Interop-Version',
  'Tus-Resumable',
  'Tus-Version',
  'Tus-Extension',
  'Tus-Max-Size',
  'Tus-Checksum-Algorithm',
  'Retry-After',
  'X-Request-Id',
];
const ASKED = [
  'Authorization',
  'Content-Type',
  'Content-Disposition',
  'Tus-Resumable',
  'Upload-Offset',
  'Upload-Length',
  'Upload-Defer-Length',
  'Upload-Metadata',
  'Upload-Concat',
  'Upload-Checksum',
  'Upload-Complete',
  'Upload-Draft-Interop-Version',
  'X-HTTP-Method-Override',
  'X-Request-Id',
];

/** The credential is in the URL, so pages of any site may ask; an upload's own `origins` are held at each request. */
export const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': EXPOSED.join(', ') };

const METHODS = 'POST, HEAD, PATCH, DELETE, OPTIONS';

/** A preflight, or a client that asks what the server can do. */
export const OPTIONS_HEADERS = {
  ...OFFERED,
  'upload-limit': uploadLimit(Number(OFFERED['tus-max-size'])),
  allow: `GET, ${METHODS}`,
  'access-control-allow-methods': METHODS,
  'access-control-allow-headers': ASKED.join(', '),
  'access-control-max-age': '86400',
};

/**
 * Throws `rule_origin` for a page of another site than those that `origins` lists. A request without Origin is none of a
 * page of another site, or is by a program, which could send any.
 */
export function allowedOrigin(origins: string | null, requested: Headers): Fields {
  const origin = requested.get('origin');
  if (origins === null || origin === null) {
    return {};
  }
  if (!(JSON.parse(origins) as string[]).includes(origin)) {
    throw new AppError('rule_origin');
  }
  return { 'access-control-allow-origin': origin, vary: 'Origin' };
}
