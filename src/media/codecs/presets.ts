/** x264's presets: CPU time beside `medium`, for a whole ladder. Scaling takes the same time in every preset. */
export const PRESET_FACTOR = {
  ultrafast: 0.25,
  superfast: 0.35,
  veryfast: 0.5,
  faster: 0.75,
  fast: 0.9,
  medium: 1,
  slow: 1.5,
  slower: 3,
  veryslow: 6,
};
/** How much time an encode takes for its quality. Encoders of other codecs map the names to their own. */
export type X264Preset = keyof typeof PRESET_FACTOR;
export const X264_PRESETS = Object.keys(PRESET_FACTOR) as [X264Preset, ...X264Preset[]];
