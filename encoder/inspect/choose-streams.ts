/** Which streams of a source are the film. Pure. */
import { TaskFailure } from '../failure/task-failure.ts';
import { type DroppedTrack, trackLabel } from './dropped-tracks.ts';
import type { RawProbe, RawProgram, RawStream } from './probe-schema.ts';
import { isBitmap, isText } from './source-texts.ts';

export type ChosenStreams = {
  video: RawStream;
  /** All sound of the film, in file order; some may not be decodable (source-sound.ts). */
  audio: RawStream[];
  /** Text tracks of the film, in file order. */
  texts: RawStream[];
  dropped: DroppedTrack[];
};

const STILL_FLAGS = ['attached_pic', 'timed_thumbnails', 'still_image'];
/** Covers and posters have these codecs. A film has too, if it is the only picture or has more than this rate. */
const IMAGE_CODECS = new Set(['png', 'mjpeg', 'bmp', 'gif', 'tiff', 'webp', 'jpeg2000', 'jpegxl', 'ljpeg']);
const MIN_FILM_RATE = 1;
/** A track so much shorter than the longest picture is a poster, a bumper or a rest. */
const MIN_SHARE = 0.1;

/** Of Matroska's DURATION tag: `00:00:04.021000000`. */
function tagSeconds(text: string | undefined): number | undefined {
  const [, hours, minutes, seconds] = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text ?? '') ?? [];
  return seconds === undefined ? undefined : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

const secondsOf = ({ duration, tags }: RawStream): number | undefined => duration ?? tagSeconds(tags?.DURATION);

const areaOf = ({ width = 0, height = 0 }: RawStream): number => width * height;

const isFlagged = ({ disposition }: RawStream, flags: readonly string[]): boolean =>
  flags.some((flag) => disposition?.[flag] === 1);

/** The enhancement layer of Dolby Vision in a track of its own is no picture. */
const isEnhancement = ({ side_data_list }: RawStream): boolean =>
  side_data_list?.some(({ bl_present_flag }) => bl_present_flag === 0) ?? false;

const isPicture = (stream: RawStream): boolean =>
  stream.codec_type === 'video' &&
  stream.codec_name !== undefined &&
  areaOf(stream) > 0 &&
  !isFlagged(stream, STILL_FLAGS) &&
  !isEnhancement(stream);

/** Looks like a poster beside a film. The only picture of a source is the film, whatever it looks like. */
function isPoster(stream: RawStream, longestSeconds: number): boolean {
  const { nb_frames: frames, codec_name = '' } = stream;
  const seconds = secondsOf(stream);
  const isSlow = frames === undefined || seconds === undefined || frames < seconds * MIN_FILM_RATE;
  return (
    frames === 1 ||
    (seconds !== undefined && seconds < longestSeconds * MIN_SHARE) ||
    (IMAGE_CODECS.has(codec_name) && isSlow)
  );
}

/** Containers without such a flag, and those that flag every track, leave the choice to the size. */
function choosePicture(pictures: readonly RawStream[]): RawStream | undefined {
  const longest = Math.max(0, ...pictures.map((stream) => secondsOf(stream) ?? 0));
  const films = pictures.filter((stream) => !isPoster(stream, longest));
  const candidates = films.length === 0 ? pictures : films;
  const defaults = candidates.filter((stream) => isFlagged(stream, ['default']));
  // The sort is stable: of equal sizes, the first.
  return (defaults.length === 0 ? candidates : defaults).toSorted((a, b) => areaOf(b) - areaOf(a))[0];
}

const hasStream = ({ streams }: RawProgram, { index }: RawStream): boolean =>
  streams.some((stream) => stream.index === index);

function programLabel(program: RawProgram, streams: readonly RawStream[]): string {
  const own = streams.filter((stream) => hasStream(program, stream));
  const name = program.tags?.service_name;
  return `programme ${program.program_id}${name === undefined ? '' : ` “${name}”`} with ${own.map(trackLabel).join(', ')}`;
}

/** ffmpeg has no names for most data (GPS and sensors of cameras), and `bin_data` is chapters and time codes. */
const isToldData = ({ codec_name = 'bin_data' }: RawStream): boolean =>
  !['bin_data', 'dvd_nav_packet', 'epg', 'none'].includes(codec_name);

/** Covers are no part of the film, and time codes, chapters and fonts have nothing to show: nothing is told of them. */
function reasonFor(stream: RawStream): DroppedTrack['reason'] | undefined {
  switch (stream.codec_type) {
    case 'video':
      return isFlagged(stream, STILL_FLAGS) || isEnhancement(stream) ? undefined : 'picture';
    case 'subtitle':
      return isBitmap(stream) ? 'bitmap' : 'unreadable';
    case 'data':
      return isToldData(stream) ? 'data' : undefined;
    default:
      return undefined;
  }
}

function noPicture(streams: readonly RawStream[]): TaskFailure {
  const undecodable = streams.filter((stream) => stream.codec_type === 'video' && !isFlagged(stream, STILL_FLAGS));
  return undecodable.length === 0
    ? new TaskFailure('source_no_video', 'The source has no video stream')
    : new TaskFailure('source_unsupported', `The picture cannot be decoded: ${undecodable.map(trackLabel).join(', ')}`);
}

/**
 * The default or else the largest moving picture, the sound of its programme, and what is left out. `unopened`: streams
 * whose decoder does not open. Throws TaskFailure `source_no_video`, `source_unsupported`.
 */
export function chooseStreams(
  { streams, programs }: Pick<RawProbe, 'streams' | 'programs'>,
  unopened: readonly RawStream[] = [],
): ChosenStreams {
  const video = choosePicture(streams.filter(isPicture));
  if (video === undefined) {
    throw noPicture([...streams, ...unopened]);
  }
  const own = programs.find((program) => hasStream(program, video));
  // A stream may be in several programmes, or in none.
  const foreign = programs.filter((program) => own !== undefined && program !== own && program.streams.length > 0);
  const isOwn = (stream: RawStream): boolean =>
    (own !== undefined && hasStream(own, stream)) || !foreign.some((program) => hasStream(program, stream));
  const rest = streams.filter((stream) => stream !== video && isOwn(stream));
  return {
    video,
    audio: rest.filter(({ codec_type }) => codec_type === 'audio'),
    texts: rest.filter(isText),
    dropped: [
      ...foreign.map((program) => ({ reason: 'programme' as const, what: programLabel(program, streams) })),
      ...[...rest.filter((stream) => !isText(stream)), ...unopened].flatMap((stream) => {
        const reason = reasonFor(stream);
        return reason === undefined ? [] : [{ reason, what: trackLabel(stream) }];
      }),
    ],
  };
}
