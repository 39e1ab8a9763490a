/** The retention curve as a chart and a table: the share of sessions that fetched each segment. Pure. */
import type { Schemas } from '../../../client/api-types.ts';
import { countOf, countText, shareText } from '../numbers.ts';
import { timeText } from '../watch/text.ts';
import type { PlotModel } from './plot.ts';
import type { Table } from './table.ts';

/** The retention of an asset that has been watched. */
type Retention = Pick<Schemas['Retention'], 'sessions' | 'curve'> & { segmentSeconds: number };
type RetentionPoint = Retention['curve'][number];

const VALUE_TICKS = [0, 0.25, 0.5, 0.75, 1].map((value) => ({ value, label: shareText(value) }));
/** Round distances between time labels, in seconds. */
const TIME_STEPS = [4, 10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600];

const wordsOf = ({ startSeconds, sessions, share }: RetentionPoint): string =>
  `${timeText(startSeconds)} · ${shareText(share)} · ${countOf(sessions, 'session')}`;

export function retentionPicture({ sessions, segmentSeconds, curve }: Retention): PlotModel {
  const end = curve.at(-1);
  return {
    kind: 'steps',
    columns: curve.map((point) => ({ values: [point.share], text: wordsOf(point) })),
    summary: `${countOf(sessions, 'session')}${end === undefined ? '' : `, ${shareText(end.share)} watched to the end`}`,
    valueTicks: VALUE_TICKS,
    ticks: (labelsMax) => timesOf(curve.length * segmentSeconds, labelsMax, segmentSeconds),
  };
}

/** Labels at round times, which may lie within a segment. */
function timesOf(durationSeconds: number, labelsMax: number, segmentSeconds: number) {
  const step = TIME_STEPS.find((candidate) => durationSeconds / candidate <= labelsMax) ?? durationSeconds;
  return Array.from({ length: Math.floor(durationSeconds / step) + 1 }, (_, number) => ({
    index: (number * step) / segmentSeconds,
    label: timeText(number * step),
  }));
}

export const retentionTable = ({ curve }: Retention): Table => ({
  head: ['From', 'Segment', 'Sessions', 'Share'],
  rows: curve.map(({ segment, startSeconds, sessions, share }) => [
    timeText(startSeconds),
    countText(segment),
    countText(sessions),
    shareText(share),
  ]),
});
