/** Finishes the packager's init segment and the heads of its segments, and checks everything against the plan. */
import { createHash } from 'node:crypto';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CmafError } from '../../src/media/boxes/boxes.ts';
import { finishSegment, SEGMENT_BRANDS } from '../../src/media/cmaf/finish-segment.ts';
import { type InitFacts, normaliseInit, readInit } from '../../src/media/cmaf/init-segment.ts';
import { withLoudness } from '../../src/media/cmaf/loudness-box.ts';
import { readSegment, type SegmentFacts } from '../../src/media/cmaf/media-segment.ts';
import { INIT_FILE, segmentFile } from '../../src/media/keys.ts';
import { MAX_SEGMENT_BYTES, MAX_SEGMENTS_PER_TRACK } from '../../src/media/limits.ts';
import type { Loudness } from '../../src/media/presentation.ts';
import type { TrackReport } from '../../src/protocol/encode-result.ts';
import { TaskFailure } from '../failure/task-failure.ts';

/** styp and moof of 1,000 frames are 17 KB. */
const SEGMENT_PREFIX_BYTES = 128 * 1024;

/** What a task should have made of one track. Times are in ticks. */
export type ExpectedTrack = {
  track: string;
  kind: 'video' | 'audio';
  timescale: number;
  /** Number of the first segment in the presentation. */
  firstNumber: number;
  baseDecodeTime: number;
  durationTicks: number;
  /** Of the whole track, not only this task's part. */
  trackDurationTicks: number;
  /** Of this task's part. */
  sampleCount: number;
  /** Sound: what its init segment says of it. */
  loudness?: Loudness | undefined;
  /** Video: exact length of every segment but the last, which may be shorter. */
  segmentTicks?: number;
};

/**
 * The report of one track, and its files: `segmentPaths[k]` has number `firstNumber + k`. `headers`: styp and moof of each
 * segment, one after another, of which publishing makes sample tables for downloads.
 */
export type PackagedOutput = { report: TrackReport; initPath: string; segmentPaths: string[]; headers: Uint8Array[] };

function check(condition: boolean, track: string, message: string): asserts condition {
  if (!condition) {
    throw new TaskFailure('output_mismatch', `${track}: ${message}`);
  }
}

async function countSegments(track: string, directory: string): Promise<number> {
  const names = new Set(await readdir(directory));
  check(names.delete(INIT_FILE), track, 'no init segment');
  const count = names.size;
  check(count > 0 && count <= MAX_SEGMENTS_PER_TRACK, track, `${count} segments`);
  for (let ordinal = 1; ordinal <= count; ordinal++) {
    const name = segmentFile(ordinal);
    check(names.has(name), track, `${name} is missing among ${count} segments`);
  }
  return count;
}

async function prepareInit({ track, kind, timescale, trackDurationTicks, loudness }: ExpectedTrack, path: string) {
  const normalised = normaliseInit(await readFile(path), trackDurationTicks);
  const bytes = loudness === undefined ? normalised : withLoudness(normalised, loudness);
  const facts = readInit(bytes);
  check(facts.entry.kind === kind, track, `the init segment describes ${facts.entry.kind}`);
  check(facts.timescale === timescale, track, `timescale ${facts.timescale}, wanted ${timescale}`);
  check(!facts.hasEditList, track, 'the init segment has an edit list');
  await writeFile(path, bytes);
  return { facts, init: { bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') } };
}

async function finish(path: string, number: number, init: InitFacts) {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const prefix = new Uint8Array(Math.min(size, SEGMENT_PREFIX_BYTES));
    await file.read(prefix, 0, prefix.byteLength, 0);
    const finished = finishSegment(prefix, number);
    await file.write(finished, 0, finished.byteLength, 0);
    const facts = readSegment(finished, init.sampleDefaults);
    return { facts, header: finished.slice(0, facts.headerBytes), sizeBytes: size };
  } finally {
    await file.close();
  }
}

function checkSegment(track: string, name: string, facts: SegmentFacts, sizeBytes: number, startTicks: number): void {
  const { brands, baseDecodeTime } = facts;
  const hasBrands = SEGMENT_BRANDS.every((brand) => brands.includes(brand));
  check(hasBrands, track, `${name} has the brands ${brands.join(' ')}`);
  check(baseDecodeTime === startTicks, track, `${name} starts at ${baseDecodeTime}, wanted ${startTicks}`);
  check(facts.firstCompositionOffset === 0, track, `${name}: composition offset ${facts.firstCompositionOffset}`);
  check(facts.firstSampleIsSync, track, `${name} does not start with a key frame`);
  check(facts.trafCount === 1, track, `${name}: ${facts.trafCount} track fragments`);
  check(facts.dataWithinMdat === true, track, `${name}: samples outside mdat`);
  check(facts.sizeBytes === sizeBytes, track, `${name}: ${sizeBytes} bytes, its boxes say ${facts.sizeBytes}`);
  check(sizeBytes <= MAX_SEGMENT_BYTES, track, `${name} has ${sizeBytes} bytes`);
}

function checkDurations(expected: ExpectedTrack, segments: TrackReport['segments']): void {
  const { segmentTicks, track, durationTicks } = expected;
  const total = segments.reduce((sum, [ticks]) => sum + ticks, 0);
  check(total === durationTicks, track, `${total} ticks, wanted ${durationTicks}`);
  if (segmentTicks === undefined) {
    return;
  }
  segments.forEach(([ticks], index) => {
    const wanted = index < segments.length - 1 ? segmentTicks : durationTicks - segmentTicks * index;
    check(ticks === wanted, track, `${segmentFile(index + 1)} has ${ticks} ticks, wanted ${wanted}`);
  });
}

/**
 * Finishes and reads one track's folder. Throws TaskFailure `output_mismatch` where anything is not as expected: samples,
 * decode times without gaps (HAS 7.3), key frames (7.4), composition (CMAF 9.2.1), data (7.3.2.3).
 */
export async function readTrackFolder(directory: string, expected: ExpectedTrack): Promise<PackagedOutput> {
  const { track, firstNumber, baseDecodeTime } = expected;
  try {
    const count = await countSegments(track, directory);
    const initPath = join(directory, INIT_FILE);
    const { facts: initFacts, init } = await prepareInit(expected, initPath);
    const segments: TrackReport['segments'] = [];
    const keyframeBytes: number[] = [];
    const segmentPaths: string[] = [];
    const headers: Uint8Array[] = [];
    let startTicks = baseDecodeTime;
    let sampleCount = 0;
    for (let index = 0; index < count; index++) {
      const name = segmentFile(index + 1);
      const path = join(directory, name);
      const { facts, header, sizeBytes } = await finish(path, firstNumber + index, initFacts);
      checkSegment(track, name, facts, sizeBytes, startTicks);
      startTicks += facts.durationTicks;
      sampleCount += facts.sampleCount;
      segments.push([facts.durationTicks, sizeBytes]);
      keyframeBytes.push(facts.firstSampleBytesEnd);
      segmentPaths.push(path);
      headers.push(header);
    }
    check(sampleCount === expected.sampleCount, track, `${sampleCount} samples, wanted ${expected.sampleCount}`);
    checkDurations(expected, segments);
    const { entry, timescale } = initFacts;
    const about = { track, codec: entry.codec, timescale, init, firstNumber, baseDecodeTime, segments };
    const report = expected.kind === 'video' ? { ...about, keyframeBytes } : about;
    return { report, initPath, segmentPaths, headers };
  } catch (error) {
    if (error instanceof CmafError) {
      throw new TaskFailure('output_mismatch', `${track}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
