/** Representations of an MPD and how their segments are addressed (ISO/IEC 23009-1 5.3.5, 5.3.9). */
import { formatAttemptMap } from '../../attempt-map.ts';
import { codecRowOf } from '../../codecs/codecs.ts';
import type { Fraction } from '../../fraction.ts';
import { initPath, segmentPath } from '../../keys.ts';
import { type AudioTrack, firstTicks, type Track } from '../../presentation.ts';
import { element, type Xml } from './xml.ts';

export const formatFrameRate = ({ num, den }: Fraction): string => (den === 1 ? String(num) : `${num}/${den}`);

function channelConfiguration({ codec, channels }: AudioTrack): Xml[] {
  const row = codecRowOf(codec);
  const descriptor = row?.kind === 'audio' ? row.dashChannels(channels) : null;
  return descriptor === null ? [] : [element('AudioChannelConfiguration', descriptor)];
}

const uuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

function contentProtection({ protection }: Track): Xml[] {
  return (protection?.keyIds ?? []).map((keyId) =>
    element('ContentProtection', {
      schemeIdUri: 'urn:mpeg:dash:mp4protection:2011',
      value: protection?.scheme,
      'cenc:default_KID': uuid(keyId),
    }),
  );
}

type TimelineRun = { durationTicks: number; count: number };

/** Equal lengths in a row are one run, which keeps MPDs small. Throws TypeError for a gap in segment numbers. */
function timelineRuns({ id, chunks }: Track, startNumber: number): TimelineRun[] {
  const runs: TimelineRun[] = [];
  let expected = startNumber;
  let last: TimelineRun | undefined;
  for (const { firstNumber, segments } of chunks) {
    // $Number$ has no gaps: every later segment would be off by one.
    if (firstNumber !== expected) {
      throw new TypeError(`track ${id}: segment ${firstNumber} stands where ${expected} is due`);
    }
    expected += segments.length;
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

/** @presentationTimeOffset moves media times back to the period's start (ISO/IEC 23009-1 5.3.9.2). */
function segmentTemplate(track: Track): Xml {
  const startNumber = track.chunks[0]?.firstNumber ?? 1;
  const timeline = timelineRuns(track, startNumber).map(({ durationTicks, count }, index) =>
    element('S', {
      t: index === 0 ? firstTicks(track) : undefined,
      d: durationTicks,
      // @r counts repetitions after the first.
      r: count - 1 || undefined,
    }),
  );
  return element(
    'SegmentTemplate',
    {
      timescale: track.timescale,
      presentationTimeOffset: track.presentationOffset || undefined,
      startNumber,
      initialization: initPath(track.id),
      media: segmentPath(track.id, formatAttemptMap(track.chunks), '$Number$'),
    },
    [element('SegmentTimeline', {}, timeline)],
  );
}

export function representation(track: Track): Xml {
  const { id, bandwidth, codec } = track;
  const own =
    track.kind === 'video'
      ? // The encoder makes pixels square.
        { width: track.width, height: track.height, frameRate: formatFrameRate(track.frameRate), sar: '1:1' }
      : { audioSamplingRate: track.sampleRate };
  return element('Representation', { id, bandwidth: bandwidth.peak, codecs: codec, ...own }, [
    ...(track.kind === 'audio' ? channelConfiguration(track) : []),
    ...contentProtection(track),
    segmentTemplate(track),
  ]);
}
