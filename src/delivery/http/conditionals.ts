/** Conditional requests by entity tag (RFC 9110 13). Pure. There is no Last-Modified, hence no dates to compare. */

type EntityTag = { weak: boolean; opaque: string };

/** One entity tag (RFC 9110 8.8.3) and what separates it from the next. */
const ENTITY_TAG = /[ \t]*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?:,|$)/y;

/** `*`, the tags of a list, or `null` for what is neither. */
export function parseEntityTags(header: string): '*' | EntityTag[] | null {
  if (header.trim() === '*') {
    return '*';
  }
  const tags: EntityTag[] = [];
  let position = 0;
  while (position < header.length) {
    ENTITY_TAG.lastIndex = position;
    const match = ENTITY_TAG.exec(header);
    if (match === null) {
      return null;
    }
    tags.push({ weak: match[1] !== undefined, opaque: match[2] ?? '' });
    position = ENTITY_TAG.lastIndex;
  }
  return tags.length === 0 ? null : tags;
}

function matches(header: string, etag: string | null, comparison: 'strong' | 'weak'): boolean {
  const tags = parseEntityTags(header);
  if (tags === '*' || tags === null || etag === null) {
    return tags === '*';
  }
  // Ours are well-formed: `W/"…"` or `"…"`.
  const own = { weak: etag.startsWith('W/'), opaque: etag.replace(/^W\//, '').slice(1, -1) };
  return tags.some((tag) => tag.opaque === own.opaque && (comparison === 'weak' || !(tag.weak || own.weak)));
}

/** Of a GET or HEAD, in the order of RFC 9110 13.2.2. A representation without a tag matches `*` and no tag. */
export function evaluateConditions(headers: Headers, etag: string | null): 'proceed' | 'not-modified' | 'failed' {
  const ifMatch = headers.get('if-match');
  if (ifMatch !== null && !matches(ifMatch, etag, 'strong')) {
    return 'failed';
  }
  const ifNoneMatch = headers.get('if-none-match');
  return ifNoneMatch !== null && matches(ifNoneMatch, etag, 'weak') ? 'not-modified' : 'proceed';
}

/** Whether Range may be honoured (RFC 9110 13.1.5): If-Range is absent or names exactly this representation. */
export function ifRangeHolds(headers: Headers, etag: string): boolean {
  const ifRange = headers.get('if-range');
  return ifRange === null || (ifRange.trim() !== '*' && matches(ifRange, etag, 'strong'));
}
