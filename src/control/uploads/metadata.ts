/** What a client says of its file: the header Upload-Metadata of tus 1.0.0, and names of files. Pure. */
import { fromBase64 } from '../../platform/encodings.ts';
import { cleanLine } from '../../platform/text.ts';
import { MAX_METADATA_PAIRS } from './limits.ts';

/** ASCII without blanks and commas. */
const KEY = /^[\x21-\x2b\x2d-\x7e]{1,64}$/;
/** `atob` would take blanks, and base64 without padding. */
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

function readValue(key: string, text: string): string {
  if (!BASE64.test(text)) {
    throw new RangeError(`has a value of ${key} that is not base64`);
  }
  try {
    return utf8.decode(fromBase64(text));
  } catch {
    throw new RangeError(`has a value of ${key} that is not UTF-8`);
  }
}

/** Throws RangeError. */
export function readMetadata(header: string): ReadonlyMap<string, string> {
  const pairs = header.trim() === '' ? [] : header.split(',').map((pair) => pair.trim().split(' '));
  if (pairs.length > MAX_METADATA_PAIRS) {
    throw new RangeError(`has more than ${MAX_METADATA_PAIRS} keys`);
  }
  const metadata = new Map<string, string>();
  for (const [key = '', text = '', ...rest] of pairs) {
    if (!KEY.test(key) || rest.length > 0 || metadata.has(key)) {
      throw new RangeError('must be pairs of a key and a value in base64, with commas between them, and each key once');
    }
    metadata.set(key, readValue(key, text));
  }
  return metadata;
}

const MAX_NAME_LENGTH = 200;

/** A file's own name, as it is shown: without folders of either kind of path, on one line. */
export function shownName(path: string): string {
  const name = cleanLine(path.toWellFormed()).split(/[/\\]/).at(-1)?.trim() ?? '';
  return /^\.*$/.test(name)
    ? 'source'
    : Array.from(name)
        .slice(0, MAX_NAME_LENGTH / 2)
        .join('');
}

const MEDIA_TYPE = /^[\w!#$&^.+-]{1,63}\/[\w!#$&^.+-]{1,63}$/;

/** Null for anything that is no media type: browsers have none for many files. */
export const mediaTypeOf = (text: string | null | undefined): string | null => {
  const type = (text ?? '').split(';', 1)[0]?.trim() ?? '';
  return MEDIA_TYPE.test(type) ? type.toLowerCase() : null;
};

/** RFC 6266: the name that a client of the IETF protocol gives its file. */
export function dispositionName(header: string | null): string | null {
  const [, extended] = /filename\*=UTF-8''([^;\s]+)/i.exec(header ?? '') ?? [];
  const [, quoted] = /filename="([^"]*)"/i.exec(header ?? '') ?? [];
  try {
    return extended === undefined ? (quoted ?? null) : decodeURIComponent(extended);
  } catch {
    return null;
  }
}
