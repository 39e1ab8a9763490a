/** A row of a Durable Object holds 2 MB; the stored text is ASCII. */
const PAGE_BYTES_MAX = 1_500_000;

/** Texts in pages, each small enough for a row. A text larger than a page has a page of its own. Pure. */
export function* inPages(all: Iterable<string>): Generator<string[]> {
  let texts: string[] = [];
  let bytes = 0;
  for (const text of all) {
    if (texts.length > 0 && bytes + text.length > PAGE_BYTES_MAX) {
      yield texts;
      [texts, bytes] = [[], 0];
    }
    texts.push(text);
    bytes += text.length + 1;
  }
  if (texts.length > 0) {
    yield texts;
  }
}
