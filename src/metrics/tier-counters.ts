/** What the tiers of this isolate have done so far, as plain numbers. */

export type TierCounters = {
  /** Reads of the bucket (get and head) for what never changes: segments, init segments, images, presentations. */
  r2MediaReads: number;
  /** Reads of the bucket for what may change: current.json and the edge/ files. */
  r2StateReads: number;
  memoryHits: number;
  /** Answered by either cache of the data centre; a copy from one into the other is one, too. */
  edgeHits: number;
  shieldHits: number;
  /** Answered by a load that another request had started. */
  followers: number;
  /** Followers that gave up waiting and loaded on their own. */
  lateFollowers: number;
  /** Reads that streamed through because the object is too large, or too many bytes were being read already. */
  streamed: number;
  /**
   * Objects given to the data centre's cache, by the class of their version. With EDGE_CACHE=both those that the media
   * origin answered, once each: what is copied from Workers Cache into the Cache API is no further fill.
   */
  edgeFillsHot: number;
  edgeFillsWarm: number;
  edgeFillsCold: number;
  /** Objects of published versions that prewarming wanted: read; not there; given up; left out as too much. */
  prewarmRead: number;
  prewarmMissing: number;
  prewarmFailed: number;
  prewarmSkipped: number;
};

export const newTierCounters = (): TierCounters => ({
  r2MediaReads: 0,
  r2StateReads: 0,
  memoryHits: 0,
  edgeHits: 0,
  shieldHits: 0,
  followers: 0,
  lateFollowers: 0,
  streamed: 0,
  edgeFillsHot: 0,
  edgeFillsWarm: 0,
  edgeFillsCold: 0,
  prewarmRead: 0,
  prewarmMissing: 0,
  prewarmFailed: 0,
  prewarmSkipped: 0,
});

/** Of this isolate. */
export const tierCounters: TierCounters = newTierCounters();
