/** Runs shaka-packager: each track's media file → init segment and segments in the track's own folder. */
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { INIT_FILE, segmentFile } from '../../src/media/keys.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { ProcessLimits } from './confine.ts';
import { trackMediaPath } from './ffmpeg-args.ts';
import { runForTask } from './process.ts';
import { type ExpectedTrack, type PackagedOutput, readTrackFolder } from './segments.ts';
import { packageLimits } from './task-budget.ts';

/** Packaging copies a few seconds of media. A minute means that the disk hangs. */
const DEADLINE_MS = 60_000;

const BINARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'packager-linux-x64',
  'linux-arm64': 'packager-linux-arm64',
  'darwin-x64': 'packager-osx-x64',
  'darwin-arm64': 'packager-osx-arm64',
  'win32-x64': 'packager-win-x64.exe',
};

/** The npm package's binary. Its `index.js` would add a Node process that outlives a kill. Throws TaskFailure `internal`. */
export function packagerBinary(platform: string = process.platform, architecture: string = process.arch): string {
  const binary = BINARIES[`${platform}-${architecture}`];
  if (binary === undefined) {
    throw new TaskFailure('internal', `shaka-packager has no binary for ${platform} ${architecture}`);
  }
  return join(dirname(createRequire(import.meta.url).resolve('shaka-packager/package.json')), 'bin', binary);
}

type PackagedTrack = { kind: 'video' | 'audio'; mediaPath: string; directory: string };

/**
 * Segments are numbered from 1. One ends where floor(time / duration) changes, and the packager truncates the duration to
 * whole ticks. A quarter of a tick more than asked makes that the exact number in spite of float noise: one tick less would
 * drift until a cut falls on the wrong GOP, one more would move every cut by a GOP.
 */
export function packagerArgs(tracks: readonly PackagedTrack[], segmentSeconds: number, timescale: number): string[] {
  const duration = (segmentSeconds + 0.25 / timescale).toFixed(9);
  return [
    ...tracks.map(({ kind, mediaPath, directory }) =>
      [
        `in=${mediaPath}`,
        `stream=${kind}`,
        `init_segment=${join(directory, INIT_FILE)}`,
        `segment_template=${join(directory, segmentFile('$Number$'))}`,
      ].join(','),
    ),
    ...['--segment_duration', duration, '--fragment_duration', duration],
    // The presentation addresses segments, so a sidx in each would be redundant.
    '--generate_sidx_in_media_segments=false',
    '--quiet',
  ];
}

type PackageOptions = {
  segmentSeconds: number;
  timescale: number;
  workDirectory: string;
  /** Of the encode. */
  limits: ProcessLimits;
  signal: AbortSignal | undefined;
};

/** Packages and checks tracks. Throws TaskFailure, or the abort reason of `signal`. */
export async function packageTracks(
  expected: readonly ExpectedTrack[],
  { segmentSeconds, timescale, workDirectory, limits, signal }: PackageOptions,
): Promise<PackagedOutput[]> {
  const tracks = expected.map((track) => ({
    ...track,
    mediaPath: trackMediaPath(workDirectory, track.track),
    directory: join(workDirectory, track.track),
  }));
  for (const { directory } of tracks) {
    // An earlier try may have left segments.
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory);
  }
  const args = packagerArgs(tracks, segmentSeconds, timescale);
  const run = { deadlineMs: DEADLINE_MS, limits: packageLimits(limits), signal };
  await runForTask(packagerBinary(), args, run, 'package_failed', 'packaging');
  const outputs: PackagedOutput[] = [];
  for (const track of tracks) {
    outputs.push(await readTrackFolder(track.directory, track));
  }
  return outputs;
}
