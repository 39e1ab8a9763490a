/** What the routes of uploads ask of an upload's Durable Object, and what it answers. */
import type { SourceLook } from '../../../protocol/source-look.ts';

/** Of the row in the catalog, as it is told with each call. */
export type UploadFacts = {
  id: string;
  key: string;
  contentType: string | null;
  /** Bytes; null: not known yet. */
  length: number | null;
  maxBytes: number;
  /** It is a file of its own, and nothing is known of its index yet (look-ahead.ts). */
  wantsLook?: boolean;
};

/** `isStored`: all bytes are in the object `key` of the bucket. `look`: where the object has just found it. */
export type UploadStatus = { offset: number; length: number | null; isStored: boolean; look?: SourceLook };

export const CHECKSUMS = ['sha1', 'sha256', 'crc32'] as const;

/** In the header APPEND_HEADER of a request to the object, whose body is appended. */
export type AppendOrder = {
  facts: UploadFacts;
  /** Where the caller says the body begins. */
  offset: number;
  /** The whole length, if this call tells it. */
  length?: number;
  /** The upload ends with this body, whatever its length is (Upload-Complete: ?1). */
  isLast?: boolean;
  /** `digest` in base64. */
  checksum?: { algorithm: (typeof CHECKSUMS)[number]; digest: string };
};
export const APPEND_HEADER = 'sluice-append';

/**
 * The JSON body of the answer. `busy`: a newer call has taken over. What came before it is kept, as is what came of a
 * body without a length before it was `too_large` or `body_too_large`, or of one that was the last and too short; with any other refusal the
 * offset is as it was. Where the bucket fails for long, the request fails; what was kept of it is kept.
 */
export type AppendResult = UploadStatus & {
  refused?:
    | ('offset_mismatch' | 'length_mismatch' | 'too_large' | 'body_too_large')
    | ('checksum_mismatch' | 'busy' | 'ended');
};

/**
 * A Durable Object is addressed by the upload's id; `fetch` appends. An upload of no bytes ends with an append of none.
 * The answer of the last append comes when the object is stored; if the bucket fails, an alarm stores it later.
 */
export interface UploadSessionCalls {
  /** Ends a writer that is still there, keeps what it sent, and tells the offset. */
  status(facts: UploadFacts): Promise<UploadStatus>;
  /** Tells the offset and leaves a writer alone. */
  progress(facts: UploadFacts): Promise<UploadStatus>;
  /** Makes the object of finished uploads, in this order. Returns at once; `status` tells when it is stored. */
  concatenate(facts: UploadFacts, parts: readonly { key: string; length: number }[]): Promise<void>;
  /** Forgets all bytes, and the multipart upload with them. Repeatable; of a stored upload the object stays. */
  discard(facts: UploadFacts): Promise<void>;
}
