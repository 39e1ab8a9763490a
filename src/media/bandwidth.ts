/** Average and peak segment bit rate, computed as HLS defines them. Pure arithmetic over `[durationTicks, bytes]`. */

export type SegmentEntry = readonly [durationTicks: number, bytes: number];

/** Bits per second, rounded up. */
export type Bandwidth = { average: number; peak: number };

/** EXT-X-TARGETDURATION in seconds: the longest segment, rounded to the nearest whole (RFC 8216 4.3.3.1). */
export const targetDurationSeconds = (longestTicks: number, timescale: number): number =>
  Math.max(1, Math.round(longestTicks / timescale));

/**
 * Peak: the highest bit rate of any contiguous run of segments that lasts 0.5 to 1.5 target durations (RFC 8216 4.1,
 * HAS 6.9). Average: all bytes over all time. A presentation shorter than half a target duration has one rate.
 */
export function measureBandwidth(segments: readonly SegmentEntry[], timescale: number): Bandwidth {
  const longest = segments.reduce((max, [ticks]) => Math.max(max, ticks), 0);
  const target = targetDurationSeconds(longest, timescale) * timescale;
  const rate = (bytes: number, ticks: number): number => (bytes * 8 * timescale) / ticks;
  let totalTicks = 0;
  let totalBytes = 0;
  let peak = 0;
  segments.forEach(([ticks, bytes], start) => {
    totalTicks += ticks;
    totalBytes += bytes;
    let runTicks = 0;
    let runBytes = 0;
    // Bounded: a run ends once it is longer than 1.5 target durations.
    for (let index = start; index < segments.length; index++) {
      const entry = segments[index];
      if (entry === undefined || runTicks + entry[0] > 1.5 * target) {
        break;
      }
      runTicks += entry[0];
      runBytes += entry[1];
      if (runTicks >= 0.5 * target) {
        peak = Math.max(peak, rate(runBytes, runTicks));
      }
    }
  });
  const average = totalTicks === 0 ? 0 : rate(totalBytes, totalTicks);
  return { average: Math.ceil(average), peak: Math.ceil(Math.max(peak, average)) };
}
