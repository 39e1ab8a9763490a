/**
 * The two protocols that uploads speak on the same URLs: tus 1.0.0, and draft-ietf-httpbis-resumable-upload, of which clients
 * speak interop versions 5 (Apple since iOS 18.0, tus-js-client) and 6 (iOS 18.1, tus-js-client). Pure.
 */
import { AppError } from '../../errors.ts';
import { IDLE_MS } from './limits.ts';
import { MAX_BODY_BYTES, UPLOAD_BYTES_MAX } from './session/limits.ts';
import { CHECKSUMS } from './session/session-port.ts';

export type Dialect = 'tus' | 5 | 6;

export const TUS_VERSION = '1.0.0';
const INTEROP = { 5: 5, 6: 6 } as const;

/** `checksum-trailer` is not offered: the runtime does not show trailers. */
const EXTENSIONS = [
  'creation',
  'creation-with-upload',
  'creation-defer-length',
  'expiration',
  'checksum',
  'termination',
  'concatenation',
];

/** What OPTIONS tells. */
export const OFFERED = {
  'tus-version': TUS_VERSION,
  'tus-extension': EXTENSIONS.join(','),
  'tus-max-size': String(UPLOAD_BYTES_MAX),
  'tus-checksum-algorithm': CHECKSUMS.join(','),
};

export const isInterop = (text: string): text is keyof typeof INTEROP & string => Object.hasOwn(INTEROP, text);

/** Throws `upload_version_unsupported`. */
export function dialectOf(headers: Headers): Dialect {
  const interop = headers.get('upload-draft-interop-version');
  if (interop === null ? headers.get('tus-resumable') === TUS_VERSION : isInterop(interop)) {
    return interop === null ? 'tus' : INTEROP[interop as keyof typeof INTEROP & string];
  }
  throw new AppError('upload_version_unsupported', { headers: { 'tus-version': TUS_VERSION } });
}

/** The media type that a PATCH must have. Version 5 has none. */
export const PATCH_TYPES: Readonly<Record<Dialect, string | null>> = {
  tus: 'application/offset+octet-stream',
  5: null,
  6: 'application/partial-upload',
};

export const uploadLimit = (maxBytes: number): string =>
  `max-size=${maxBytes}, max-append-size=${MAX_BODY_BYTES}, max-age=${IDLE_MS / 1000}`;
