/** Which content coding a client is given, by its Accept-Encoding (RFC 9110 12.5.3). Pure. */

export type ContentCoding = 'identity' | 'gzip';

/** Browsers send some 30 characters. What is longer is not read: identity is an answer that everybody understands. */
const MAX_HEADER_CHARACTERS = 1024;

/** A coding with its weight, in lower case. What has another shape says nothing about any coding. */
const ITEM = /^([!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*(?:;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?$/;

/** By coding. Of one that is named twice the lower weight counts: it is then not what was asked for above all. */
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

/**
 * gzip where it is acceptable and nothing says that identity is liked better. Whoever refuses both gets identity: the
 * header may be disregarded (RFC 9110 12.4.1), and a player does more with a playlist than with a 406.
 */
export function chooseCoding(header: string | null): ContentCoding {
  if (header === null || header.length > MAX_HEADER_CHARACTERS) {
    return 'identity';
  }
  const weights = weightsOf(header);
  const others = weights.get('*');
  const gzip = weights.get('gzip') ?? others ?? 0;
  // Unlisted, identity is acceptable, but liked less than whatever is listed.
  const identity = weights.get('identity') ?? others ?? 0;
  return gzip > 0 && gzip >= identity ? 'gzip' : 'identity';
}
