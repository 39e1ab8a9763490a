/** The statistics card: a definition list whose values change in place. */
import { make } from '../make.ts';
import { createSparkline } from './sparkline.ts';
import type { Reading } from './stats.ts';
import { bitRatesText, bitRateText, codecText, secondsText, timeText } from './text.ts';

type Row = {
  name: string;
  /** The `data-stat` of the value, for tests and styles. */
  key: string;
  text(reading: Reading): string;
  /** Drawn as a small chart beside the text. */
  trend?(reading: Reading): number;
};

const NONE = '–';

const ROWS: readonly Row[] = [
  { name: 'Rendition', key: 'rendition', text: ({ width, height }) => (height > 0 ? `${width} × ${height}` : NONE) },
  { name: 'Codec', key: 'codec', text: ({ rendition }) => (rendition === null ? NONE : codecText(rendition.codec)) },
  {
    name: 'Bit rate',
    key: 'bit-rate',
    text: ({ bitRate }) => (bitRate === null ? NONE : bitRatesText(bitRate)),
  },
  {
    name: 'Buffer ahead',
    key: 'buffer',
    text: ({ bufferAheadSeconds }) => secondsText(bufferAheadSeconds),
    trend: ({ bufferAheadSeconds }) => bufferAheadSeconds,
  },
  {
    name: 'Bandwidth',
    key: 'bandwidth',
    text: ({ estimatedBandwidth }) => (estimatedBandwidth === null ? NONE : bitRateText(estimatedBandwidth)),
    trend: ({ estimatedBandwidth }) => estimatedBandwidth ?? 0,
  },
  {
    name: 'Dropped frames',
    key: 'frames',
    text: ({ droppedFrames, decodedFrames }) => `${droppedFrames} of ${decodedFrames}`,
  },
  { name: 'Format', key: 'format', text: ({ format }) => format.toUpperCase() },
  {
    name: 'Position',
    key: 'position',
    text: ({ positionSeconds, durationSeconds }) => `${timeText(positionSeconds)} / ${timeText(durationSeconds)}`,
  },
];

/** Returns a function that shows a reading. */
export function createStatsPanel(root: HTMLElement): (reading: Reading) => void {
  const drawn = ROWS.map((row) => {
    const text = make('span', { 'data-stat': row.key });
    const line = row.trend === undefined ? null : createSparkline();
    root.append(make('dt', {}, row.name), make('dd', {}, ...(line === null ? [] : [line.element]), text));
    return { row, text, line };
  });
  return (reading) => {
    for (const { row, text, line } of drawn) {
      text.textContent = row.text(reading);
      line?.push(row.trend?.(reading) ?? 0);
    }
  };
}
