/**
 * Inspects a file whose sound is added to a film: sound alone, or a film whose picture is left aside. Of several tracks the one
 * is taken that a version would have first.
 */
import { stat } from 'node:fs/promises';
import { MAX_DURATION_SECONDS } from '../../src/media/limits.ts';
import { soundInOrder } from '../../src/protocol/audio-plan.ts';
import { type SoundFacts, soundFactsSchema } from '../../src/protocol/sound-facts.ts';
import type { Remux } from '../../src/protocol/source-facts.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { SOUND_GUARDS } from '../media/ffmpeg-args.ts';
import { isRemuxed } from '../media/remux.ts';
import { keepDecodable } from './decodable-sound.ts';
import {
  copiedFile,
  ffprobe,
  HEADER_DEADLINE_MS,
  type ProbedFile,
  type ProbeOptions,
  probeJson,
  runOf,
  showLines,
} from './ffprobe.ts';
import { readStreams, withLanguages } from './header.ts';
import type { ReadSource } from './inspect-source.ts';
import { type RawProbe, type RawStream, rawProbeSchema } from './probe-schema.ts';
import { readClock } from './read-clock.ts';
import { encrypted, isEncrypted, isScrambled, outsideLimits, scrambled } from './refusals.ts';
import { type Bounds, readSoundBounds } from './sound-bounds.ts';
import { describeAudio } from './source-sound.ts';
import { checkWhole } from './whole.ts';

type SoundLook = { raw: RawProbe; sizeBytes: number; stream: RawStream };
type FirstLook = SoundLook & ({ remux: Remux } | { bounds: Bounds });

/** The decodable track that counts most. Throws TaskFailure. */
async function chooseSound(
  file: ProbedFile,
  { raw, unopened }: Awaited<ReturnType<typeof readStreams>>,
  options: ProbeOptions,
): Promise<RawStream> {
  const streams = (await withLanguages(file.path, raw)).filter(({ codec_type }) => codec_type === 'audio');
  if (streams.length > 0 && streams.every((stream) => isEncrypted(raw.format.format_name, stream))) {
    throw encrypted();
  }
  const { audio } = await keepDecodable(file, streams, unopened, runOf(options)).catch(async (error: unknown) => {
    // That it is encrypted says more than that it cannot be decoded.
    const [stream] = streams;
    if (stream !== undefined) {
      await refuseEncryptedPackets(file, stream, options);
    }
    throw error;
  });
  const [first] = soundInOrder(describeAudio(audio));
  const chosen = audio.find(({ index }) => index === first?.streamIndex);
  if (chosen === undefined) {
    throw new TaskFailure('source_no_sound', 'The file has no sound');
  }
  await refuseEncryptedPackets(file, chosen, options);
  return chosen;
}

/** ISO/IEC 23001-7: ffprobe shows the original sample entry, and says of the packets that they are encrypted. */
async function refuseEncryptedPackets(file: ProbedFile, stream: RawStream, options: ProbeOptions): Promise<void> {
  const show = ['-read_intervals', '%+#1', ...showLines('packet_side_data=side_data_type', stream)];
  if (/Encryption info/.test(await ffprobe(file, show, { deadlineMs: HEADER_DEADLINE_MS }, options))) {
    throw encrypted();
  }
}

async function lookAt(path: string, options: ProbeOptions): Promise<FirstLook> {
  const { size: sizeBytes } = await stat(path);
  if (sizeBytes === 0) {
    throw new TaskFailure('source_empty', 'The source has no bytes');
  }
  const file = { path, guards: SOUND_GUARDS };
  const streams = await readStreams(file, sizeBytes, options);
  const { raw } = streams;
  const container = raw.format.format_name;
  if (container === 'mpegts' && (await isScrambled(path))) {
    throw scrambled();
  }
  const stream = await chooseSound(file, streams, options);
  const look = { raw, sizeBytes, stream };
  // The picture may be one that ffprobe ends at.
  if (streams.unopened.length > 0) {
    return { ...look, remux: { streams: [stream.index], shifts: [] } };
  }
  if (isRemuxed(container)) {
    return { ...look, remux: (await readClock(file, container, [stream.index], options)).remux };
  }
  await checkWhole(file, raw, [stream], sizeBytes, Number.POSITIVE_INFINITY, options);
  const { begin, end } = boundsOf(await readSoundBounds(file, raw, [stream], options));
  // The first packets of an MP3 may be the encoder's delay, which is not heard.
  return { ...look, bounds: { begin: stream.start_time ?? begin, end } };
}

function boundsOf([bounds]: readonly Bounds[]): Bounds {
  if (bounds === undefined || bounds.end <= bounds.begin) {
    throw new TaskFailure('decode_failed', 'The sound has no times');
  }
  return bounds;
}

async function describeCopy(file: ProbedFile, look: SoundLook, remux: Remux, options: ProbeOptions) {
  const raw = await probeJson(rawProbeSchema, file, ['-show_format', '-show_streams'], options);
  const [copied] = raw.streams;
  if (copied === undefined) {
    throw new TaskFailure('decode_failed', 'The copy of the source lacks streams');
  }
  const { channels = copied.channels, sample_rate = copied.sample_rate, ...stream } = look.stream;
  const bounds = boundsOf(await readSoundBounds(file, raw, [copied], options));
  return parseSound({ ...look, stream: { ...stream, channels, sample_rate, index: copied.index } }, bounds, remux);
}

function parseSound({ raw, sizeBytes, stream }: SoundLook, { begin, end }: Bounds, remux?: Remux): SoundFacts {
  if (end - begin > MAX_DURATION_SECONDS) {
    throw new TaskFailure('source_unsupported', `The sound is longer than ${MAX_DURATION_SECONDS / 3600} hours`);
  }
  const parsed = soundFactsSchema.safeParse({
    schema: 1,
    container: raw.format.format_name,
    sizeBytes,
    audio: describeAudio([{ ...stream, start_time: begin }])[0],
    fileStartSeconds: raw.format.start_time ?? begin,
    durationSeconds: end - begin,
    ...(remux === undefined ? {} : { remux }),
    warnings: [],
  });
  if (!parsed.success) {
    throw outsideLimits(parsed.error);
  }
  return parsed.data;
}

/** Throws TaskFailure. */
export async function inspectSound(read: ReadSource, options: ProbeOptions = {}): Promise<SoundFacts> {
  const look = await read(undefined, (path) => lookAt(path, options));
  if ('bounds' in look) {
    return parseSound(look, look.bounds);
  }
  const { remux } = look;
  return await read(remux, (path) => describeCopy(copiedFile(path), look, remux, options));
}
