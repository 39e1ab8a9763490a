/** SegmentTemplate with SegmentTimeline and $Number$: explicit addressing (D6, D7, D9 of docs/architecture/conformance.md). */
import { formatAttemptMap } from '../../attempt-map.ts';
import { initPath, segmentPath } from '../../keys.ts';
import type { Track } from '../../presentation.ts';
import { element, type Xml } from './xml.ts';

type TimelineRun = { durationTicks: number; count: number };

/** Equal neighbours as one run: what keeps a two-hour MPD small. Throws TypeError where numbers are not consecutive. */
function timelineRuns(track: Track): TimelineRun[] {
  const runs: TimelineRun[] = [];
  let expected: number | undefined;
  let last: TimelineRun | undefined;
  for (const { firstNumber, segments } of track.chunks) {
    // $Number$ counts on by itself: a gap would shift every later segment by one.
    if (expected !== undefined && firstNumber !== expected) {
      throw new TypeError(`track ${track.id}: segment ${firstNumber} stands where ${expected} is due`);
    }
    expected = firstNumber + segments.length;
    for (const entry of segments) {
      const durationTicks = entry[0];
      if (last?.durationTicks === durationTicks) {
        last.count += 1;
      } else {
        last = { durationTicks, count: 1 };
        runs.push(last);
      }
    }
  }
  return runs;
}

/**
 * One representation's template. Media times start at presentationOffset; where that is not 0, @presentationTimeOffset
 * moves them back to the period's start (ISO/IEC 23009-1 5.3.9.2).
 */
export function segmentTemplate(track: Track): Xml {
  const timeline = timelineRuns(track).map(({ durationTicks, count }, index) =>
    element('S', {
      t: index === 0 ? track.presentationOffset : undefined,
      d: durationTicks,
      // @r counts repetitions after the first.
      r: count > 1 ? count - 1 : undefined,
    }),
  );
  return element(
    'SegmentTemplate',
    {
      timescale: track.timescale,
      presentationTimeOffset: track.presentationOffset === 0 ? undefined : track.presentationOffset,
      startNumber: track.chunks[0]?.firstNumber ?? 1,
      initialization: initPath(track.id),
      media: segmentPath(track.id, formatAttemptMap(track.chunks), '$Number$'),
    },
    [element('SegmentTimeline', {}, timeline)],
  );
}
