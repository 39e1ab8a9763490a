/**
 * One audio rendition or a part of it, from a local source file to checked CMAF segments in a work folder: times and loudness
 * are read first (scan-sound), then decoded sound is put where the times say (fit-lines, pieces, takes, place-sound) and
 * encoded. All parts read the whole source, so that they follow the same lines with the same gain; each encodes its samples.
 */
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { audioCodecRow } from '../../src/media/codecs/codecs.ts';
import { audioSampleCount } from '../../src/protocol/plan-schema.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import { type Encoded, useCpuAtOnce } from '../media/encode-options.ts';
import { packageTracks } from '../media/packager.ts';
import { runForTask } from '../media/process.ts';
import { createProgressReader } from '../media/progress.ts';
import type { ExpectedTrack } from '../media/segments.ts';
import { audioLimits } from '../media/task-budget.ts';
import { DecodedSound } from './decoded-sound.ts';
import { fitLines } from './fit-lines.ts';
import { amplified, gainOf } from './loudness.ts';
import { type Part, partOf } from './part.ts';
import { piecesOf } from './pieces.ts';
import { placeSound, placesFor, windowOf } from './place-sound.ts';
import type { SoundTimes } from './read-times.ts';
import { type AudioOptions, runOptions, type Scan, scanSound } from './scan-sound.ts';
import { audioEncodeArgs, decodeArgs } from './sound-args.ts';
import { soundName, soundWarnings } from './sound-warnings.ts';
import { cutPieces, type Take } from './takes.ts';

/** Reading the times takes a tenth of what encoding takes, measuring two tenths (AAC, measured). */
const SCAN_SHARE = 0.2;

/** A hole each half second for half a day. More would fill the memory. */
const MAX_LINES = 100_000;

/** What is taken of the decoded sound, and what there is to say about it. */
function follow(
  times: SoundTimes,
  gainDb: number,
  { audio, originSeconds }: AudioOptions,
  part: Part,
): { takes: Take[]; warnings: Warning[] } {
  const { sampleRate } = audio;
  const origin = Math.round(originSeconds * sampleRate);
  const { lines, room } = fitLines(times.cells, sampleRate);
  if (lines.length > MAX_LINES) {
    throw new TaskFailure('source_unsupported', `${soundName(audio)}: it has ${lines.length} holes and overlaps`);
  }
  const pieces = piecesOf(lines, times.places, origin, room);
  const cutting = cutPieces(pieces, Math.max(audioSampleCount(audio), part.to), sampleRate);
  return { takes: cutting.takes, warnings: soundWarnings({ ...cutting, ...times, gainDb, audio, origin }) };
}

const isMixed = ({ times }: Scan, { audio }: AudioOptions): boolean => times.channels > audio.channels;

/** Loudness is measured where it is told, which is in the first part, and where a gain follows from it. */
async function scan(options: AudioOptions): Promise<Scan> {
  const { audio, chunk, onProgress } = options;
  const onScanned = (share: number): void => onProgress?.(SCAN_SHARE * share);
  const isTold = chunk === undefined || chunk.index === 0;
  const scanned = await scanSound(options, isTold || audio.targetLufs !== undefined, onScanned);
  // How many channels there are, only the decoder knows.
  const lacksGain = scanned.loudness === undefined && isMixed(scanned, options);
  return lacksGain ? await scanSound(options, true, onScanned) : scanned;
}

type Placing = { takes: readonly Take[]; part: Part; places: number; gainDb: number };

/** Decoder → our stage → encoder. Each waits for the one behind it. */
async function encodeTakes(options: AudioOptions, { takes, part, places, gainDb }: Placing): Promise<void> {
  const { sourcePath, workDirectory, audio, chunk, onProgress } = options;
  const progress = createProgressReader(({ outSeconds }) => {
    const share = Math.min(1, Math.max(0, (outSeconds * audio.sampleRate - part.from) / (part.to - part.from)));
    onProgress?.(SCAN_SHARE + (1 - SCAN_SHARE) * share);
  });
  // A part needs nothing behind it. Of a whole rendition every sample is counted.
  const needed = chunk === undefined ? places : Math.min(places, placesFor(takes, part.to));
  const place = async (decoded: Readable, stdin: Writable): Promise<void> => {
    const sound = new DecodedSound(decoded, audio.channels);
    // Node throws away the output of a program that ends before anybody has read of it.
    await sound.read(0, 1);
    await pipeline(windowOf(placeSound(sound, takes, part.to), part, audio.channels), stdin);
    // To its end, so that the decoder can end.
    await sound.finish();
    if (chunk === undefined ? sound.arrived !== places : sound.arrived < needed) {
      throw new TaskFailure('output_mismatch', `${audio.track}: ${sound.arrived} samples decoded, ${needed} before`);
    }
  };
  const feed = async (stdin: Writable): Promise<void> => {
    const run = { ...runOptions(options), drain: (stdout: Readable) => place(stdout, stdin) };
    const args = decodeArgs(sourcePath, audio, chunk === undefined ? undefined : needed);
    await runForTask('ffmpeg', args, run, 'decode_failed', 'decoding the sound');
  };
  const run = { ...runOptions(options), feed, onLine: progress.readLine };
  await runForTask(
    'ffmpeg',
    audioEncodeArgs(audio, part, gainDb, workDirectory),
    run,
    'encode_failed',
    'audio encoding',
  );
}

/** The output of one audio rendition or of a part. Throws as encodeChunk does. */
export async function encodeAudio(options: AudioOptions): Promise<Encoded> {
  const { audio, chunk, workDirectory, budget, useCpu = useCpuAtOnce, signal } = options;
  const { track, sampleRate, segmentSeconds } = audio;
  const { frameSamples } = audioCodecRow(audio.codec);
  const part = partOf(audio, chunk);
  const { loudness, warnings } = await useCpu(async () => {
    const scanned = await scan(options);
    const gainDb = scanned.loudness === undefined ? 0 : gainOf(audio, scanned.loudness, isMixed(scanned, options));
    const { takes, warnings: found } = follow(scanned.times, gainDb, options, part);
    await encodeTakes(options, { takes, part, places: scanned.times.places, gainDb });
    const isTold = chunk === undefined || chunk.index === 0;
    const told = isTold && scanned.loudness !== undefined ? amplified(scanned.loudness, gainDb) : undefined;
    return { loudness: told, warnings: isTold ? found : [] };
  });
  const expected: ExpectedTrack = {
    track,
    kind: 'audio',
    timescale: sampleRate,
    firstNumber: chunk?.firstNumber ?? 1,
    baseDecodeTime: (chunk?.firstFrame ?? 0) * frameSamples,
    durationTicks: part.packets * frameSamples,
    trackDurationTicks: audioSampleCount(audio),
    sampleCount: part.packets,
    // All parts of a track have one init segment, and only the first knows the loudness.
    loudness: chunk === undefined ? loudness : undefined,
  };
  const packaging = {
    ...{ segmentSeconds, timescale: sampleRate, workDirectory, signal },
    limits: audioLimits(budget, audio),
  };
  const outputs = await packageTracks([expected], packaging);
  return { outputs, warnings, ...(loudness === undefined ? {} : { loudness }) };
}
