/** Reads from ffmpeg's log (scanArgs) where the blocks of decoded sound belong. */
import { TaskFailure } from '../failure/task-failure.ts';
import type { Cell } from './fit-lines.ts';

/** `at`: the time stamp of the first place, in samples. */
type Count = { count: number; at: number };
export type SoundTimes = {
  cells: Cell[];
  /** Decoded samples. */
  places: number;
  formatChanges: Count;
  damages: Count;
  /** The most channels at a time. */
  channels: number;
};

/** Shorter blocks share a cell, unless there is a step between them. Most codecs have blocks of 20 ms and more. */
const CELL_SECONDS = 0.02;
const STEP_SECONDS = 0.005;
/** A day of sound in cells of 20 ms: more than a film lasts. */
const MAX_CELLS = 4_320_000;

const BLOCK = /^\[Parsed_ashowinfo_\d+ @ \w+\] n:\s*\d+ pts:\s*(-?\d+|NOPTS) .*\bnb_samples:(\d+)/;
/** Told when the graph is built: at first, and whenever the rate or the layout of the source changes. */
const FORMAT = /^\[Parsed_aresample_0 @ \w+\] ch:(\d+) /;
/** Of ffmpeg 5.1 and of 7.1. */
const DAMAGE = /Error while decoding stream|Error submitting packet to decoder|corrupt (decoded frame|input packet)/i;

export function createTimesReader(sampleRate: number, onTime: (samples: number) => void) {
  const cellSamples = CELL_SECONDS * sampleRate;
  const stepSamples = STEP_SECONDS * sampleRate;
  const cells: Cell[] = [];
  const formatChanges: Count = { count: 0, at: 0 };
  const damages: Count = { count: 0, at: 0 };
  let channels = 0;
  let places = 0;
  /** Where sound without a time stamp belongs: behind the sound before it. */
  let offset = 0;
  const note = (counter: Count): void => {
    counter.at = counter.count === 0 ? places + offset : counter.at;
    counter.count++;
  };
  const readFormat = (now: number): void => {
    channels = Math.max(channels, now);
    if (places > 0) {
      note(formatChanges);
    }
  };
  const readBlock = (stamp: number, samples: number): void => {
    offset = Number.isNaN(stamp) ? offset : stamp - places;
    const cell = cells.at(-1);
    if (cell === undefined || places - cell.place >= cellSamples || Math.abs(offset - cell.offset) > stepSamples) {
      cells.push({ place: places, offset });
      if (cells.length > MAX_CELLS) {
        throw new TaskFailure(
          'source_unsupported',
          'the time stamps of the sound jump more often than can be followed',
        );
      }
    }
    places += samples;
    onTime(places + offset);
  };
  return {
    readLine(line: string): void {
      const [, stamp, samples] = BLOCK.exec(line) ?? [];
      const [, now] = FORMAT.exec(line) ?? [];
      if (samples !== undefined) {
        readBlock(Number(stamp), Number(samples));
      } else if (now !== undefined) {
        readFormat(Number(now));
      } else if (DAMAGE.test(line)) {
        note(damages);
      }
    },
    times: (): SoundTimes => ({ cells, places, formatChanges, damages, channels }),
  };
}
