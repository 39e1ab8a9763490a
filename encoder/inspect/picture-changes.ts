/** What changes within a film: size, shape and fields of its pictures, and captions in them. Read from its key frames. */
import { type Fraction, fractionToNumber } from '../../src/media/fraction.ts';
import { MAX_DIMENSION } from '../../src/media/limits.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import { DECODE_DEADLINE_MS, ffprobe, type ProbedFile, type ProbeOptions } from './ffprobe.ts';
import { countSampleEntries } from './movie-boxes.ts';
import type { RawStream } from './probe-schema.ts';
import { displaySize, parseRatio, peakNitsOf } from './source-streams.ts';

type Shape = { width: number; height: number; sampleAspectRatio: Fraction };
export type PictureChanges = {
  /** In the order in which they first occur. */
  shapes: (Shape & { ticks: number })[];
  /** Of the first key frame that has two fields. */
  interlacedTicks: number | undefined;
  /** As the first frames declare it. */
  peakNits: number | undefined;
  /** A key frame carries captions (A/53 Part 4). */
  hasCaptions: boolean;
};

/** Broadcasts and live recordings change as they please, and nothing in their header tells. */
const LIVE_FORMATS = new Set(['mpegts', 'mpeg', 'flv', 'nut']);
/** Of the film's duration. A film that was joined without encoding has changed by one of them. */
const SAMPLES = [0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.98];
/** Ten thousand shapes are an attack. What comes after these is boxed all the same. */
const MAX_SHAPES = 100;

const ENTRIES =
  'frame=best_effort_timestamp,width,height,sample_aspect_ratio,interlaced_frame:side_data=side_data_type,max_luminance,max_content';

const CAPTIONS = 'side_data_type=ATSC A53 Part 4 Closed Captions';

/** Puts together what ffprobe's lines say of the frames. */
class ChangeReader {
  readonly changes: PictureChanges = {
    shapes: [],
    interlacedTicks: undefined,
    peakNits: undefined,
    hasCaptions: false,
  };
  private ticks: number | undefined;
  private maxContent: number | undefined;
  private mastering: number | undefined;

  /** `frame|best_effort_timestamp=0|width=…`; side data are on the same line or on the next ones. */
  readonly read = (line: string): void => {
    const values = new Map(line.split('|').map((entry) => entry.split('=', 2) as [string, string | undefined]));
    this.noteLight(values);
    this.changes.hasCaptions ||= line.includes(CAPTIONS);
    const [width, height] = [Number(values.get('width')), Number(values.get('height'))];
    if (!(width > 0 && height > 0)) {
      return;
    }
    const ticks = Number(values.get('best_effort_timestamp'));
    this.ticks = Number.isSafeInteger(ticks) ? ticks : (this.ticks ?? 0);
    const sampleAspectRatio = parseRatio(values.get('sample_aspect_ratio')) ?? { num: 1, den: 1 };
    this.add({ width, height, sampleAspectRatio }, this.ticks);
    if (values.get('interlaced_frame') === '1') {
      this.changes.interlacedTicks ??= this.ticks;
    }
  };

  /** MaxCLL may follow the mastering display, and counts more. */
  private noteLight(values: ReadonlyMap<string, string | undefined>): void {
    this.maxContent ??= peakNitsOf([{ max_content: Number(values.get('max_content')) }]);
    this.mastering ??= peakNitsOf([{ max_luminance: values.get('max_luminance') }]);
    this.changes.peakNits = this.maxContent ?? this.mastering;
  }

  private add(shape: Shape, ticks: number): void {
    const isKnown = this.changes.shapes.some(
      (known) =>
        known.width === shape.width &&
        known.height === shape.height &&
        fractionToNumber(known.sampleAspectRatio) === fractionToNumber(shape.sampleAspectRatio),
    );
    if (!isKnown && this.changes.shapes.length < MAX_SHAPES) {
      this.changes.shapes.push({ ...shape, ticks });
    }
  }
}

async function readKeyFrames(
  file: ProbedFile,
  { index }: RawStream,
  intervals: readonly string[],
  options: ProbeOptions,
): Promise<PictureChanges> {
  const reader = new ChangeReader();
  const show = [
    ...['-select_streams', String(index), '-skip_frame', 'nokey', '-show_entries', ENTRIES, '-of', 'compact'],
    ...(intervals.length === 0 ? [] : ['-read_intervals', intervals.join(',')]),
  ];
  await ffprobe(file, show, { deadlineMs: DECODE_DEADLINE_MS, onLine: reader.read }, options);
  return reader.changes;
}

/**
 * `file`, `stream`: what the tasks will read, maybe a copy. `format`: of the source itself. All key frames are read where
 * the source is of a kind that changes, or where a few of them differ: that takes a tenth of a decode of the film.
 */
export async function readPictureChanges(
  file: ProbedFile,
  stream: RawStream,
  format: { format_name: string; duration?: number | undefined },
  options: ProbeOptions,
): Promise<PictureChanges> {
  const { duration = stream.duration ?? 0 } = format;
  // Browsers record without a duration, and in a new size when a camera turns.
  if (LIVE_FORMATS.has(format.format_name) || duration <= 0) {
    return await readKeyFrames(file, stream, [], options);
  }
  const origin = stream.start_time ?? 0;
  const intervals = SAMPLES.map((share) => `${(origin + share * duration).toFixed(3)}%+#1`);
  const [samples, entries] = await Promise.all([
    readKeyFrames(file, stream, intervals, options),
    format.format_name.startsWith('mov') ? countSampleEntries(file.path) : 0,
  ]);
  return samples.shapes.length > 1 || entries > 1 ? await readKeyFrames(file, stream, [], options) : samples;
}

/**
 * Where pictures differ: the coded size of the largest, of the first among equals, and the shape of the first picture, as
 * large as the largest needs. Nothing where all are alike.
 */
export function describeChanges(
  { shapes }: Pick<PictureChanges, 'shapes'>,
  rotation: VideoFacts['rotation'],
): Partial<VideoFacts> {
  const sizes = shapes.map((shape) => ({
    ...shape,
    ...displaySize(shape.width, shape.height, shape.sampleAspectRatio, rotation),
  }));
  const [first] = sizes;
  const [largest] = sizes.toSorted((a, b) => b.displayWidth * b.displayHeight - a.displayWidth * a.displayHeight);
  if (first === undefined || largest === undefined || sizes.length < 2) {
    return {};
  }
  const scale = Math.min(
    Math.max(largest.displayWidth / first.displayWidth, largest.displayHeight / first.displayHeight),
    MAX_DIMENSION / Math.max(first.displayWidth, first.displayHeight),
  );
  return {
    sizeChanges: true,
    codedWidth: largest.width,
    codedHeight: largest.height,
    sampleAspectRatio: largest.sampleAspectRatio,
    displayWidth: Math.max(1, Math.round(first.displayWidth * scale)),
    displayHeight: Math.max(1, Math.round(first.displayHeight * scale)),
  };
}
