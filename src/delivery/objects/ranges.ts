/** Single byte ranges (RFC 9110 14). Pure; throws nothing, whatever a client sends. */

/** What a Range header asks for, before the size is known; the shape R2 takes. */
export type RangeSpec = { offset: number; length?: number } | { suffix: number };

export type ByteRange = { offset: number; length: number };
export type ResolvedRange = ({ kind: 'satisfiable' } & ByteRange) | { kind: 'unsatisfiable' };
/** `none`: there is no range to honour, the answer is the whole object. */
export type ParsedRange = { kind: 'none' } | ResolvedRange;

/** At most 15 digits: above 2^53 numbers lose integers, and no object is that large. */
const BYTE_RANGE = /^bytes=[ \t]*([0-9]{0,15})-([0-9]{0,15})[ \t]*$/i;

/** `null` for what may be ignored (RFC 9110 14.2): another unit, malformed, several ranges, which no player needs. */
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

/** The bytes of an object of `size` bytes, never beyond its end. Unsatisfiable: the range has no byte of it. */
export function resolveRange(spec: RangeSpec, size: number): ResolvedRange {
  const offset = 'suffix' in spec ? Math.max(0, size - spec.suffix) : spec.offset;
  const wanted = 'suffix' in spec ? spec.suffix : (spec.length ?? size);
  const length = Math.min(wanted, size - offset);
  return length < 1 ? { kind: 'unsatisfiable' } : { kind: 'satisfiable', offset, length };
}

export function parseRange(header: string | null, size: number): ParsedRange {
  const spec = parseRangeSpec(header);
  return spec === null ? { kind: 'none' } : resolveRange(spec, size);
}
