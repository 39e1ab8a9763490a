/** shaka-packager: its binary, its arguments, the folder it writes. Pure but for finding the binary. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { INIT_FILE, segmentFile } from '../../src/media/keys.ts';
import { TaskFailure } from '../failure/task-failure.ts';

const BINARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'packager-linux-x64',
  'linux-arm64': 'packager-linux-arm64',
  'darwin-x64': 'packager-osx-x64',
  'darwin-arm64': 'packager-osx-arm64',
  'win32-x64': 'packager-win-x64.exe',
};

/** The npm package's own binary: its `index.js` would add a Node process that outlives a kill. Throws TaskFailure `internal`. */
export function packagerBinary(platform: string = process.platform, architecture: string = process.arch): string {
  const binary = BINARIES[`${platform}-${architecture}`];
  if (binary === undefined) {
    throw new TaskFailure('internal', `shaka-packager has no binary for ${platform} ${architecture}`);
  }
  return join(dirname(createRequire(import.meta.url).resolve('shaka-packager/package.json')), 'bin', binary);
}

export type PackagedTrack = { kind: 'video' | 'audio'; mediaPath: string; directory: string };

/**
 * Splits each track into its own folder, whose segments are numbered from 1. A segment ends where floor(time / duration) changes, and the packager truncates
 * the duration to whole ticks. A quarter of a tick more than asked makes that the exact number in spite of float noise:
 * one tick less would drift until a cut falls on the wrong GOP, one more would move every cut by a GOP.
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
    // Segments are addressed by the presentation; a sidx in each would only be one more time to get wrong.
    '--generate_sidx_in_media_segments=false',
    '--quiet',
  ];
}
