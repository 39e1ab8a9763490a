/** A text that is served: its bytes, and what is made of them once, when first asked for. */
import { base64url } from 'jose';

export class RenderedText {
  readonly bytes: Uint8Array;
  // Values, never promises: a promise that another request awaits dies with the request that made it.
  #etag: string | undefined;
  #gzipped: Uint8Array | undefined;

  constructor(text: string) {
    this.bytes = new TextEncoder().encode(text);
  }

  /** Weak: the same tag stands for the plain and the gzip form, which are equivalent but not byte-equal (RFC 9110 8.8.1). */
  async etag(): Promise<string> {
    if (this.#etag === undefined) {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', this.bytes));
      this.#etag = `W/"${base64url.encode(digest.subarray(0, 16))}"`;
    }
    return this.#etag;
  }

  /** In memory: a playlist is some ten kilobytes of ours, and Content-Length is wanted. */
  async gzipped(): Promise<Uint8Array> {
    if (this.#gzipped === undefined) {
      const stream = new Response(this.bytes).body?.pipeThrough(new CompressionStream('gzip'));
      this.#gzipped = new Uint8Array(await new Response(stream).arrayBuffer());
    }
    return this.#gzipped;
  }
}
