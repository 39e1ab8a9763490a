/** EXT-X-STREAM-INF VIDEO-RANGE (RFC 8216bis 4.4.6.2). */
export const VIDEO_RANGES = ['SDR', 'PQ', 'HLG'] as const;
export type VideoRange = (typeof VIDEO_RANGES)[number];
