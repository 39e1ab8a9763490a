/** A text that is served: its forms, and what is made of them once, when first asked for. */
import { base64url } from 'jose';
import type { ContentCoding } from './content-coding.ts';

/** Half of SHA-256: nobody finds two texts that share it. */
const TAG_BYTES = 16;

type Bytes = Uint8Array;

export class RenderedText {
  readonly bytes: Bytes;
  // Values, never promises: a promise that another request awaits dies with the request that made it.
  #gzipped: Bytes | undefined;
  readonly #etags = new Map<ContentCoding, string>();

  constructor(text: string) {
    this.bytes = new TextEncoder().encode(text);
  }

  /** In memory: a playlist is some ten kilobytes of ours, and Content-Length is wanted. */
  async coded(coding: ContentCoding): Promise<Bytes> {
    if (coding === 'identity') {
      return this.bytes;
    }
    if (this.#gzipped === undefined) {
      const stream = new Response(this.bytes).body?.pipeThrough(new CompressionStream('gzip'));
      this.#gzipped = new Uint8Array(await new Response(stream).arrayBuffer());
    }
    return this.#gzipped;
  }

  /**
   * Strong, and of the very bytes that are sent: each coding has its own (RFC 9110 8.8.3.3), and a zlib that compresses
   * otherwise, in another data centre or after an update, gives another.
   */
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
