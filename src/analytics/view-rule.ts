/**
 * What a view is. Pure, and the one place that says it (docs/guide/views.md).
 *
 * A session is a view once the media it was given is worth VIEW_SECONDS, or half of a shorter film. Each segment counts
 * once, whichever rendition it came in; so replays and seeks back add nothing, and a session is a view at most once, ever.
 */
import type { Measure } from '../media/measure.ts';

/** Media, in milliseconds, from which on a session is a view. `viewMs`: of the setting. */
export const viewThresholdMs = (measure: Measure, viewMs: number): number => Math.min(viewMs, measure.durationMs / 2);

/** All segments are equally long but the last, which takes what is left; never less than nothing. */
export const segmentDurationMs = (measure: Measure, number: number): number =>
  number < measure.segments
    ? measure.segmentMs
    : Math.max(0, measure.durationMs - (measure.segments - 1) * measure.segmentMs);
