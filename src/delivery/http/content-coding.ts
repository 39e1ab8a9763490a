/** Which content coding an answer gets, by the client's Accept-Encoding (RFC 9110 12.5.3). Pure. */

export type ContentCoding = 'identity' | 'gzip';

/** Browsers send some 30 characters. A longer header is not read: every client understands identity. */
const MAX_HEADER_CHARACTERS = 1024;

/** A coding with its weight, in lower case. Items of another shape are ignored. */
const ITEM = /^([!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*(?:;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?$/;

/** By coding. Where one is named twice, the lower weight counts. */
function weightsOf(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const item of header.toLowerCase().split(',')) {
    const match = ITEM.exec(item.trim());
    if (match !== null) {
      // RFC 9110 8.4.1.3: x-gzip is gzip.
      const coding = match[1] === 'x-gzip' ? 'gzip' : (match[1] ?? '');
      const weight = Number(match[2] ?? 1);
      weights.set(coding, Math.min(weight, weights.get(coding) ?? weight));
    }
  }
  return weights;
}

/** A client that refuses both gets identity: a playlist helps a player more than a 406 (RFC 9110 12.4.1). */
export function chooseCoding(header: string | null): ContentCoding {
  if (header === null || header.length > MAX_HEADER_CHARACTERS) {
    return 'identity';
  }
  const weights = weightsOf(header);
  const others = weights.get('*');
  const gzip = weights.get('gzip') ?? others ?? 0;
  // Unlisted, identity is acceptable, but any listed coding is preferred.
  const identity = weights.get('identity') ?? others ?? 0;
  return gzip > 0 && gzip >= identity ? 'gzip' : 'identity';
}
