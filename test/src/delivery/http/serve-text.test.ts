/** The forms of a text: what a strong entity tag promises of them. */
import { describe, expect, test } from 'vitest';
import { RenderedText } from '../../../../src/delivery/http/rendered-text.ts';

const TEXT = Array.from({ length: 1000 }, (_, index) => `#EXTINF:4.004,\n1/${index + 1}.m4s\n`).join('');

/** The same through zlib in other pieces, as another isolate might feed it. */
async function gzipInPieces(text: string, pieceBytes: number): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const { readable, writable } = new CompressionStream('gzip');
  const writer = writable.getWriter();
  const write = async () => {
    for (let offset = 0; offset < bytes.byteLength; offset += pieceBytes) {
      await writer.write(bytes.subarray(offset, offset + pieceBytes));
    }
    await writer.close();
  };
  const [packed] = await Promise.all([new Response(readable).arrayBuffer(), write()]);
  return new Uint8Array(packed);
}

describe('gzip', () => {
  test('of the same text is the same bytes, whoever makes it and however it is fed', async () => {
    const packed = await new RenderedText(TEXT).coded('gzip');
    expect(await new RenderedText(TEXT).coded('gzip')).toEqual(packed);
    for (const pieceBytes of [100, 4096, 1_000_000]) {
      expect(await gzipInPieces(TEXT, pieceBytes)).toEqual(packed);
    }
    // RFC 1952 2.3: no time and no name in the header.
    expect([...packed.subarray(3, 8)]).toEqual([0, 0, 0, 0, 0]);
  });

  test('holds the text', async () => {
    const packed = await new RenderedText(TEXT).coded('gzip');
    const stream = new Response(packed).body?.pipeThrough(new DecompressionStream('gzip'));
    expect(await new Response(stream).text()).toBe(TEXT);
  });
});

describe('entity tags', () => {
  test('are strong, of the bytes, and one per coding', async () => {
    const [one, same, other] = [new RenderedText(TEXT), new RenderedText(TEXT), new RenderedText(`${TEXT}#`)];
    const tags = new Set<string>();
    for (const coding of ['identity', 'gzip'] as const) {
      const etag = await one.etag(coding);
      expect(etag).toMatch(/^"[A-Za-z0-9_-]{22}"$/);
      expect([await one.etag(coding), await same.etag(coding)]).toEqual([etag, etag]);
      tags.add(etag).add(await other.etag(coding));
    }
    expect(tags.size).toBe(4);
  });
});
