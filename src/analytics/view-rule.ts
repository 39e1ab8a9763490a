/**
 * What a view is (docs/guide/views.md). Pure. A session is a view once it was given VIEW_SECONDS of media, or half of a
 * shorter film. Each segment counts once, in whichever rendition, so replays add nothing and a session is a view only once.
 */
import type { Measure } from '../media/measure.ts';

/** Milliseconds of media that make a session a view. `viewMs`: the setting. */
export const viewThresholdMs = (measure: Measure, viewMs: number): number => Math.min(viewMs, measure.durationMs / 2);

/** All segments but the last are equally long; the last takes what is left. */
export const segmentDurationMs = (measure: Measure, number: number): number =>
  number < measure.segments
    ? measure.segmentMs
    : Math.max(0, measure.durationMs - (measure.segments - 1) * measure.segmentMs);
