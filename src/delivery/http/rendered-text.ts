/** A text that is served: its coded forms and their entity tags, each made once, when it is first asked for. */
import { base64url } from 'jose';
import type { ContentCoding } from './content-coding.ts';

/** Half of SHA-256: nobody finds two texts that share it. */
const TAG_BYTES = 16;

export class RenderedText {
  readonly bytes: Uint8Array;
  // Values, never promises: a promise that another request awaits dies with the request that made it.
  #gzipped: Uint8Array | undefined;
  readonly #etags = new Map<ContentCoding, string>();

  constructor(text: string | Uint8Array) {
    this.bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  }

  /** In memory: a playlist has some ten kilobytes, and the answer needs a Content-Length. */
  async coded(coding: ContentCoding): Promise<Uint8Array> {
    if (coding === 'identity') {
      return this.bytes;
    }
    if (this.#gzipped === undefined) {
      const stream = new Response(this.bytes).body?.pipeThrough(new CompressionStream('gzip'));
      this.#gzipped = new Uint8Array(await new Response(stream).arrayBuffer());
    }
    return this.#gzipped;
  }

  /** Strong: of the very bytes that are sent, whichever coding (RFC 9110 8.8.3.3) and version of zlib made them. */
  async etag(coding: ContentCoding): Promise<string> {
    let etag = this.#etags.get(coding);
    if (etag === undefined) {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await this.coded(coding)));
      etag = `"${base64url.encode(digest.subarray(0, TAG_BYTES))}"`;
      this.#etags.set(coding, etag);
    }
    return etag;
  }
}
