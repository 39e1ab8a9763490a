/** What the header of a source says, and which of its streams are the film. */
import { stat } from 'node:fs/promises';
import type { Warning } from '../../src/protocol/warnings.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { DEEP_GUARDS } from '../media/ffmpeg-args.ts';
import { isRemuxed } from '../media/remux.ts';
import { chooseStreams } from './choose-streams.ts';
import { keepDecodable } from './decodable-sound.ts';
import { droppedWarnings } from './dropped-tracks.ts';
import { type ProbedFile, type ProbeOptions, probeJson, runOf, strangerFile } from './ffprobe.ts';
import { matroskaLanguages } from './matroska-languages.ts';
import { movieLanguages } from './movie-boxes.ts';
import { type RawProbe, type RawStream, rawProbeSchema } from './probe-schema.ts';
import { isScrambled, notMedia, refuseEncrypted, scrambled } from './refusals.ts';
import { checkColour } from './source-streams.ts';
import { readAroundUnopened } from './unopened-streams.ts';
import { refuseCutOff } from './whole.ts';

export type Look = {
  raw: RawProbe;
  sizeBytes: number;
  video: RawStream;
  audio: RawStream[];
  /** ffprobe cannot read the source, only a copy without the streams whose decoders do not open. */
  mustCopy: boolean;
  warnings: Warning[];
};

export type Streams = { raw: RawProbe; unopened: RawStream[] };

/** The streams that ffprobe lists; of a source that it gives up, what can be read without the streams it cannot open. */
export async function readStreams(file: ProbedFile, sizeBytes: number, options: ProbeOptions): Promise<Streams> {
  try {
    const show = ['-show_format', '-show_streams', '-show_programs'];
    return { raw: await probeJson(rawProbeSchema, file, show, options), unopened: [] };
  } catch (error) {
    options.signal?.throwIfAborted();
    // A file whose index is at its end and was cut off.
    await refuseCutOff(file, sizeBytes);
    const isRefused = error instanceof TaskFailure && error.code === 'source_not_media';
    const partial = isRefused ? await readAroundUnopened(file, options) : null;
    if (partial === null) {
      throw notMedia(error);
    }
    const { formatName, streams, unopened } = partial;
    return { raw: rawProbeSchema.parse({ streams, format: { format_name: formatName } }), unopened };
  }
}

/** In these formats, a stream may be unknown until its first packet. */
const mayHideStreams = ({ streams, format }: RawProbe): boolean => {
  const audio = streams.filter(({ codec_type }) => codec_type === 'audio');
  return isRemuxed(format.format_name) && (audio.length === 0 || audio.some(({ channels }) => !channels));
};

/** With the languages that ffmpeg does not read. */
export async function withLanguages(path: string, { format, streams }: RawProbe): Promise<RawStream[]> {
  const readers = [
    ['mov', movieLanguages],
    ['matroska', matroskaLanguages],
  ] as const;
  const read = readers.find(([name]) => format.format_name.startsWith(name))?.[1];
  const languages = await read?.(path);
  return streams.map((stream) => {
    const language = languages?.get(stream.index);
    return language === undefined ? stream : { ...stream, tags: { ...stream.tags, language } };
  });
}

/** Throws TaskFailure: `source_empty`, `source_not_media`, `source_truncated`, `source_no_video` and all that says why not. */
export async function readHeader(path: string, options: ProbeOptions): Promise<Look> {
  const { size: sizeBytes } = await stat(path);
  if (sizeBytes === 0) {
    throw new TaskFailure('source_empty', 'The source has no bytes');
  }
  const shallow = await readStreams(strangerFile(path), sizeBytes, options);
  const container = shallow.raw.format.format_name;
  refuseEncrypted(
    container,
    shallow.raw.streams.find(({ codec_type }) => codec_type === 'video'),
  );
  if (container === 'mpegts' && (await isScrambled(path))) {
    throw scrambled();
  }
  const { raw, unopened } = mayHideStreams(shallow.raw)
    ? await readStreams({ path, guards: DEEP_GUARDS }, sizeBytes, options)
    : shallow;
  const { video, audio, dropped } = chooseStreams({ ...raw, streams: await withLanguages(path, raw) }, unopened);
  refuseEncrypted(container, video);
  checkColour(video);
  const sound = await keepDecodable({ path, guards: DEEP_GUARDS }, audio, unopened, runOf(options));
  return {
    ...{ raw, sizeBytes, video, audio: sound.audio, mustCopy: unopened.length > 0 },
    warnings: droppedWarnings([...dropped, ...sound.dropped]),
  };
}
