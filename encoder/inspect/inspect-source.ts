/** Inspects a source: as it is, or what its remuxed copy has to be, and then the copy. */
import { fractionToNumber } from '../../src/media/fraction.ts';
import type { Remux, SourceFacts } from '../../src/protocol/source-facts.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { DEEP_GUARDS } from '../media/ffmpeg-args.ts';
import { isRemuxed } from '../media/remux.ts';
import { describeSource, parseFacts, readingOf } from './describe-source.ts';
import { copiedFile, type ProbedFile, type ProbeOptions, probeJson, strangerFile } from './ffprobe.ts';
import { hashFile } from './hash-file.ts';
import { type Look, readHeader } from './header.ts';
import { type AnyPacket, readAllPackets } from './packets.ts';
import { rawProbeSchema } from './probe-schema.ts';
import { readClock, type SourceClock } from './read-clock.ts';
import { BoundsReader } from './sound-bounds.ts';
import { refuseCutOff } from './whole.ts';

/** Calls `read` with the path of the source, or of its copy. */
export type ReadSource = <T>(remux: Remux | undefined, read: (path: string) => Promise<T>) => Promise<T>;

/** `pictures`: how many the copy has to have; 0 where they cannot be counted. */
type RemuxLook = Look & Omit<SourceClock, 'warnings'>;
type FirstLook = { facts: SourceFacts } | { look: RemuxLook };

/** Of the pictures. Less is a fault of the copy. */
const LEAST_COPIED = 0.5;

async function lookAt(path: string, options: ProbeOptions): Promise<FirstLook> {
  const look = await readHeader(path, options);
  if (!look.mustCopy && !isRemuxed(look.raw.format.format_name, look.video.codec_name)) {
    const file = strangerFile(path);
    return { facts: await describeSource(look, readingOf(file, look), options) };
  }
  const streams = [look.video.index, ...look.audio.map(({ index }) => index)];
  if (look.mustCopy) {
    await refuseCutOff(strangerFile(path), look.sizeBytes);
    return { look: { ...look, remux: { streams, shifts: [] }, places: [], pictures: 0 } };
  }
  const file = { path, guards: DEEP_GUARDS };
  const { warnings, ...clock } = await readClock(file, look.raw.format.format_name, streams, options);
  return { look: { ...look, ...clock, warnings: [...look.warnings, ...warnings] } };
}

async function describeCopy(file: ProbedFile, look: RemuxLook, options: ProbeOptions): Promise<SourceFacts> {
  const raw = await probeJson(rawProbeSchema, file, ['-show_format', '-show_streams'], options);
  const [video, ...audio] = raw.streams;
  if (video === undefined || raw.streams.length !== look.remux.streams.length) {
    throw new TaskFailure('decode_failed', 'The copy of the source lacks streams');
  }
  const reader = new BoundsReader();
  let pictures = 0;
  const take = (packet: AnyPacket): void => {
    pictures += packet.index === 0 ? 1 : 0;
    reader.read(packet);
  };
  await readAllPackets(file, take, options);
  if (pictures < look.pictures * LEAST_COPIED) {
    throw new TaskFailure('decode_failed', `The copy of the source has ${pictures} of ${look.pictures} pictures`);
  }
  const sound = audio.flatMap(({ index }) => reader.of(index) ?? []);
  const reading = { file, raw, video, audio, sound };
  const facts = await describeSource(look, reading, options);
  return parseFacts({
    ...facts,
    audio: facts.audio.map((track) => ({
      ...track,
      startSeconds: reader.of(track.streamIndex)?.begin ?? track.startSeconds,
    })),
    remux: look.remux,
    warnings: [...facts.warnings, ...repairs(look.places, facts), ...losses(look.pictures - pictures)],
  });
}

function repairs(places: readonly number[], { video }: SourceFacts): Warning[] {
  const [first] = places;
  if (first === undefined) {
    return [];
  }
  const times = places.length === 1 ? 'once' : `${places.length} times`;
  const message = `The clock of the source restarts or jumps ${times}; the parts are joined`;
  const begin = video.startTicks * fractionToNumber(video.timeBase) - (video.leadSeconds ?? 0);
  return [{ code: 'times_repaired', message, at: Math.max(0, first - begin) }];
}

const losses = (lost: number): Warning[] =>
  lost > 0 ? [{ code: 'picture_damaged', message: `${lost} pictures of the source could not be read` }] : [];

/** The hash of the file beside what it holds: a refusal does not wait for it. */
async function lookAndHash(path: string, options: ProbeOptions): Promise<{ first: FirstLook; sha256: string }> {
  const unwanted = new AbortController();
  const signal = AbortSignal.any([unwanted.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const hashing = hashFile(path, signal);
  try {
    const [first, sha256] = await Promise.all([lookAt(path, options), hashing]);
    return { first, sha256 };
  } finally {
    unwanted.abort();
    await hashing.catch(() => undefined);
  }
}

/** The facts of a source. Throws TaskFailure. */
export async function inspectSource(read: ReadSource, options: ProbeOptions = {}): Promise<SourceFacts> {
  const { first, sha256 } = await read(undefined, (path) => lookAndHash(path, options));
  if ('facts' in first) {
    return { ...first.facts, sha256 };
  }
  const { look } = first;
  const facts = await read(look.remux, (path) => describeCopy(copiedFile(path), look, options));
  return { ...facts, sha256 };
}
