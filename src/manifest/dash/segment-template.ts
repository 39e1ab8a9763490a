/** SegmentTemplate with SegmentTimeline and $Number$: explicit addressing (DASH-IF IOP; conformance D6, D7, D9). */
import { formatAttemptMap } from '../../contract/attempt-map.ts';
import { initPath } from '../../contract/keys.ts';
import { segmentsOf, type Track } from '../../contract/presentation.ts';
import { element, type Xml } from './xml.ts';

type TimelineRun = { durationTicks: number; count: number };

/** Equal neighbours as one run: what keeps a two-hour MPD small. Throws TypeError where numbers are not consecutive. */
function timelineRuns(track: Track): TimelineRun[] {
  const runs: TimelineRun[] = [];
  let expected: number | undefined;
  for (const { number, durationTicks } of segmentsOf(track)) {
    // $Number$ counts on by itself: a gap would shift every later segment by one.
    if (expected !== undefined && number !== expected) {
      throw new TypeError(`track ${track.id}: segment ${number} stands where ${expected} is due`);
    }
    expected = number + 1;
    const last = runs.at(-1);
    if (last?.durationTicks === durationTicks) {
      last.count += 1;
    } else {
      runs.push({ durationTicks, count: 1 });
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
      media: `${track.id}/${formatAttemptMap(track.chunks)}/$Number$.m4s`,
    },
    [element('SegmentTimeline', {}, timeline)],
  );
}
