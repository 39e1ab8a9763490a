/** Which sound of a source can be decoded. Only what is unusual is tried. */
import { MAX_AUDIO_TRACKS } from '../../src/media/limits.ts';
import { soundInOrder } from '../../src/protocol/audio-plan.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { fileUrl } from '../media/ffmpeg-args.ts';
import { ProcessError, type RunOptions, runProcess, toTaskFailure } from '../media/process.ts';
import { type DroppedTrack, trackLabel } from './dropped-tracks.ts';
import type { ProbedFile } from './ffprobe.ts';
import type { RawStream } from './probe-schema.ts';
import { PROTECTED_ENTRIES } from './refusals.ts';
import { roleOf } from './source-sound.ts';

/** Decoders of these take every stream of their kind. */
const SAFE_CODECS = /^(?:mp[123]|ac3|eac3|opus|vorbis|flac|alac|truehd|mlp|wmav[12]|pcm_\w+)$/;
/** AAC has some forty object types. ffmpeg 5.1 does not know USAC (xHE-AAC), nor any version scalable sampling rate. */
const SAFE_AAC_PROFILES = ['LC', 'HE-AAC', 'HE-AACv2', 'Main', 'LTP'];
/** Where a file does not say what its channels are, ffmpeg has a guess for so many, and for some more. */
const SAFE_CHANNELS = 8;

function isUsual({ codec_name = '', profile = '', channels = 0, sample_rate = 0 }: RawStream): boolean {
  const isSafe = codec_name === 'aac' ? SAFE_AAC_PROFILES.includes(profile) : SAFE_CODECS.test(codec_name);
  return isSafe && channels > 0 && channels <= SAFE_CHANNELS && sample_rate > 0;
}

const UNDECODABLE = 'there is no decoder for it here';
const UNMIXABLE = 'nothing says what its channels are';
/** Sound that begins late is far behind the start of a file. */
const TRY_DEADLINE_MS = 10 * 60_000;

const tryArgs = ({ path, guards }: ProbedFile, index: number): string[] => [
  ...['-nostdin', '-hide_banner', '-v', 'error', ...guards, '-i', fileUrl(path)],
  ...['-map', `0:${index}`, '-ac', '2', '-frames:a', '1', '-f', 'framecrc', '-'],
];

/** Why not a single frame can be decoded and mixed down; null where one can. */
async function whyUndecodable(file: ProbedFile, stream: RawStream, run: RunOptions): Promise<string | null> {
  if (PROTECTED_ENTRIES.includes(stream.codec_tag_string ?? '')) {
    return 'it is encrypted';
  }
  if (stream.codec_name === undefined) {
    return 'its codec is unknown';
  }
  if (isUsual(stream)) {
    return null;
  }
  try {
    const deadlineMs = Math.min(run.deadlineMs, TRY_DEADLINE_MS);
    const crcs = await runProcess('ffmpeg', tryArgs(file, stream.index), { ...run, deadlineMs });
    // One line for each frame, behind a head of lines that begin with #.
    return /^\d/m.test(crcs) ? null : UNDECODABLE;
  } catch (error) {
    if (error instanceof ProcessError && error.reason === 'exit') {
      return (stream.channels ?? 0) > SAFE_CHANNELS ? UNMIXABLE : UNDECODABLE;
    }
    throw toTaskFailure(error, 'source_unsupported', 'trying to decode the sound');
  }
}

const labelOf = (stream: RawStream, reason: string): string => `${trackLabel(stream)}: ${reason}`;

const isDefault = ({ disposition }: RawStream): boolean => disposition?.['default'] === 1;

/** The tracks that a version can have, in file order: the default one and the first ones. */
function firstTracks(streams: readonly RawStream[]): RawStream[] {
  const ordered = soundInOrder(
    streams.map((stream) => ({
      stream,
      streamIndex: stream.index,
      isDefault: isDefault(stream),
      role: roleOf(stream),
    })),
  );
  const kept = ordered.slice(0, MAX_AUDIO_TRACKS).map(({ stream }) => stream);
  return streams.filter((stream) => kept.includes(stream));
}

/**
 * The sound that a version can have, and what is left out. `unopened`: whose decoder is known not to open. Throws
 * TaskFailure `source_audio_unsupported` where a source has sound and none of it can be decoded.
 */
export async function keepDecodable(
  file: ProbedFile,
  streams: readonly RawStream[],
  unopened: readonly RawStream[],
  run: RunOptions,
): Promise<{ audio: RawStream[]; dropped: DroppedTrack[] }> {
  const failed = unopened
    .filter(({ codec_type }) => codec_type === 'audio')
    .map((stream) => labelOf(stream, UNDECODABLE));
  const decodable: RawStream[] = [];
  for (const stream of streams) {
    const why = await whyUndecodable(file, stream, run);
    if (why === null) {
      decodable.push(stream);
    } else {
      failed.push(labelOf(stream, why));
    }
  }
  if (decodable.length === 0 && failed.length > 0) {
    const message = `None of the sound can be decoded: ${failed.join(', ')}. Export it as AAC-LC, or without sound.`;
    throw new TaskFailure('source_audio_unsupported', message.slice(0, 1000));
  }
  const audio = firstTracks(decodable);
  const surplus = decodable.filter((stream) => !audio.includes(stream));
  return {
    audio,
    dropped: [
      ...failed.map((what) => ({ reason: 'undecodable' as const, what })),
      ...surplus.map((stream) => ({ reason: 'surplus' as const, what: trackLabel(stream) })),
    ],
  };
}
