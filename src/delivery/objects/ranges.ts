/** Single byte ranges (RFC 9110 14). Pure: header text in, a value out; nothing is thrown for what a client sends. */

/** What a Range header asks for, before the size is known; the shape R2 takes. */
export type RangeSpec = { offset: number; length?: number } | { suffix: number };

export type ByteRange = { offset: number; length: number };
export type ResolvedRange = ({ kind: 'satisfiable' } & ByteRange) | { kind: 'unsatisfiable' };
/** `none`: there is no range to honour, the answer is the whole object. */
export type ParsedRange = { kind: 'none' } | ResolvedRange;

/** Digits only up to 10^15: beyond it numbers lose integers, and no object is as large. */
const BYTE_RANGE = /^bytes=[ \t]*([0-9]{0,15})-([0-9]{0,15})[ \t]*$/i;

/**
 * `null` where the header is to be ignored: absent, another unit, malformed, or several ranges. RFC 9110 14.2 lets a
 * server ignore any of these; several ranges serve no player and are a known way to multiply work.
 */
export function parseRangeSpec(header: string | null): RangeSpec | null {
  const match = header === null ? null : BYTE_RANGE.exec(header);
  if (match === null) {
    return null;
  }
  const [, firstText = '', lastText = ''] = match;
  if (firstText === '') {
    return lastText === '' ? null : { suffix: Number(lastText) };
  }
  const offset = Number(firstText);
  if (lastText === '') {
    return { offset };
  }
  const length = Number(lastText) - offset + 1;
  return length < 1 ? null : { offset, length };
}

/** The bytes of an object of `size` bytes; never beyond its end. Unsatisfiable: not one byte of it is asked for. */
export function resolveRange(spec: RangeSpec, size: number): ResolvedRange {
  const offset = 'suffix' in spec ? Math.max(0, size - spec.suffix) : spec.offset;
  const wanted = 'suffix' in spec ? spec.suffix : (spec.length ?? size);
  const length = Math.min(wanted, size - offset);
  return length < 1 ? { kind: 'unsatisfiable' } : { kind: 'satisfiable', offset, length };
}

/** Both steps, for whoever knows the size. */
export function parseRange(header: string | null, size: number): ParsedRange {
  const spec = parseRangeSpec(header);
  return spec === null ? { kind: 'none' } : resolveRange(spec, size);
}
