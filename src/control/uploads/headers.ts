/** The headers of both protocols, one row each; anything else than a row accepts is refused. Pure. */
import { z } from 'zod';
import { AppError, invalidMember, invalidRequest } from '../../errors.ts';
import { uploadIdOf } from '../../media/ids.ts';
import { fromBase64, toBase64 } from '../../platform/encodings.ts';
import { CHUNK_BYTES, MAX_METADATA_LENGTH, MAX_PARTS } from './limits.ts';
import { readMetadata } from './metadata.ts';
import { MAX_BODY_BYTES } from './session/limits.ts';
import { CHECKSUMS } from './session/session-port.ts';

/** More than 20 digits are no length of anything; what is above the limits is `upload_too_large`. */
const size = z
  .string()
  .regex(/^\d{1,20}$/, 'must be a whole number')
  .transform(Number);

/** Structured field (RFC 9651). */
const boolean = z.enum(['?0', '?1']).transform((text) => text === '?1');

const DIGEST_BYTES = { sha1: 20, sha256: 32, crc32: 4 } as const;

/** A transform that throws says why the header is refused. */
const parsedBy = <Value>(read: (text: string) => Value) =>
  z.string().transform((text, context): Value => {
    try {
      return read(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof RangeError ? error.message : 'is malformed' });
      return z.NEVER;
    }
  });

/** tus 1.0.0, Checksum. */
function readChecksum(text: string) {
  const [name = '', digest = ''] = text.split(' ', 2);
  const algorithm = CHECKSUMS.find((known) => known === name);
  if (algorithm === undefined) {
    throw new RangeError(`must have one of the algorithms ${CHECKSUMS.join(', ')}`);
  }
  const bytes = fromBase64(digest);
  if (bytes.byteLength !== DIGEST_BYTES[algorithm]) {
    throw new RangeError(`must have ${DIGEST_BYTES[algorithm]} bytes in base64`);
  }
  return { algorithm, digest: toBase64(bytes) };
}

/** tus 1.0.0, Concatenation. URLs may be relative: their last step says which upload each is. */
function readConcat(text: string): { kind: 'part' } | { kind: 'whole'; parts: { id: string; capability: string }[] } {
  if (text === 'partial') {
    return { kind: 'part' };
  }
  const urls = /^final;(.*)$/.exec(text)?.[1]?.trim().split(/ +/) ?? [];
  if (urls.length === 0 || urls.length > MAX_PARTS) {
    throw new RangeError(`must be partial, or final; and the URLs of at most ${MAX_PARTS} uploads`);
  }
  const parts = urls.map((url) => {
    const capability = url.split('/').at(-1) ?? '';
    const id = uploadIdOf(capability);
    if (id === null) {
      throw new RangeError('must name URLs of uploads');
    }
    return { id, capability };
  });
  if (new Set(parts.map(({ id }) => id)).size < parts.length) {
    throw new RangeError('must name each upload once');
  }
  return { kind: 'whole', parts };
}

const trailer = z.string().refine((text) => !/\bupload-checksum\b/i.test(text), 'must not announce Upload-Checksum');

const HEADERS = z.object({
  'upload-offset': size,
  'upload-length': size.optional(),
  'upload-defer-length': z.literal('1').optional(),
  'upload-metadata': parsedBy(readMetadata).optional(),
  'upload-concat': parsedBy(readConcat).optional(),
  'upload-checksum': parsedBy(readChecksum).optional(),
  'upload-complete': boolean.optional(),
  trailer: trailer.optional(),
});

export const CREATION = HEADERS.omit({ 'upload-offset': true });
export const APPEND = HEADERS.pick({
  'upload-offset': true,
  'upload-length': true,
  'upload-checksum': true,
  'upload-complete': true,
  trailer: true,
});

/** Throws `invalid_request`. */
export function readHeaders<Schema extends z.ZodType>(schema: Schema, headers: Headers): z.output<Schema> {
  const metadata = headers.get('upload-metadata') ?? '';
  if (metadata.length > MAX_METADATA_LENGTH) {
    throw invalidMember('upload-metadata', `must have at most ${MAX_METADATA_LENGTH} characters`);
  }
  const read = schema.safeParse(Object.fromEntries(headers));
  if (!read.success) {
    throw invalidRequest(read.error.issues);
  }
  return read.data;
}

export const BODY_TOO_LARGE = `A request takes at most ${MAX_BODY_BYTES} bytes. Set the chunk size of the client to ${CHUNK_BYTES} bytes (48 MiB).`;

/** The bytes of the body: 0 for none, null where they are not told. Throws `body_too_large`. */
export function bodyBytesOf(request: Request): number | null {
  const told = request.headers.get('content-length');
  const bytes = request.body === null ? 0 : told === null ? null : Number(told);
  if (bytes !== null && bytes > MAX_BODY_BYTES) {
    throw new AppError('body_too_large', { detail: BODY_TOO_LARGE });
  }
  return bytes;
}
