/** What the shield is asked and answers, for those who ask it and for the object itself. */

/** Plain data: it crosses RPC. `too-large` is read from the bucket by whoever asked. */
export type ShieldAnswer =
  | { kind: 'held'; bytes: Uint8Array<ArrayBuffer>; etag: string }
  | { kind: 'missing' }
  | { kind: 'too-large' };

export interface ShieldApi {
  /** The object under a key. Throws AppError `unavailable`. */
  read(key: string): Promise<ShieldAnswer>;
}

export type ShieldNamespaceEnv = { SHIELDS: DurableObjectNamespace<ShieldApi & Rpc.DurableObjectBranded> };

/** What the tiers need: the shield with SHIELD=on only. */
export type TiersEnv = { MEDIA: R2Bucket } & Partial<ShieldNamespaceEnv>;
