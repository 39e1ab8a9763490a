/** What the tiers of this isolate have done so far, as plain numbers. */

export const newTierCounters = () => ({
  /** Reads of the bucket (get and head) for immutable objects: segments, init segments, images, presentations. */
  r2MediaReads: 0,
  /** Reads of the bucket for mutable objects: current.json and the edge/ files. */
  r2StateReads: 0,
  memoryHits: 0,
  /** Answered by either cache of the data centre; a copy from one into the other is one, too. */
  edgeHits: 0,
  shieldHits: 0,
  /** Answered by a load that another request had started. */
  followers: 0,
  /** Followers that stopped waiting and loaded on their own. */
  lateFollowers: 0,
  /** Reads that streamed through, because the object is too large or too many bytes were already being read. */
  streamed: 0,
  /**
   * Objects given to the data centre's cache, by the class of their version. With EDGE_CACHE=both, those that the media
   * origin answered, once each: a copy from Workers Cache into the Cache API is not counted again.
   */
  edgeFillsHot: 0,
  edgeFillsWarm: 0,
  edgeFillsCold: 0,
  /** Objects of published versions that prewarming asked for: read, not there, failed or too slow, over the limit. */
  prewarmRead: 0,
  prewarmMissing: 0,
  prewarmFailed: 0,
  prewarmSkipped: 0,
});
export type TierCounters = ReturnType<typeof newTierCounters>;

/** Of this isolate. */
export const tierCounters = newTierCounters();
