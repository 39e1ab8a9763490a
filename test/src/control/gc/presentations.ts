/** Small versions: two video renditions and sound, in five tasks. */
import type { VersionRef } from '../../../../src/media/keys.ts';
import { type Presentation, presentationSchema } from '../../../../src/media/presentation.ts';

export type Task = { track: string; numbers: number[]; early: boolean };

/** `early`: published before the rest. */
export const TASKS: readonly Task[] = [
  { track: 'v360', numbers: [1, 2], early: true },
  { track: 'v360', numbers: [3, 4], early: true },
  { track: 'a128-en', numbers: [1, 2, 3, 4], early: true },
  { track: 'v720', numbers: [1, 2], early: false },
  { track: 'v720', numbers: [3, 4], early: false },
];

const KINDS = {
  v360: { kind: 'video', codec: 'avc1.64001e', width: 640, height: 360 },
  v720: { kind: 'video', codec: 'avc1.64001f', width: 1280, height: 720 },
} as const;

/** What these tasks, each with the attempt that won, make up. */
export function presentationOf(
  { assetId, version }: VersionRef,
  revision: number,
  tasks: readonly (Task & { won: number | null })[],
): Presentation {
  const tracks = [...new Set(tasks.map(({ track }) => track))].map((id) => ({
    id,
    ...(id === 'v360' || id === 'v720'
      ? { ...KINDS[id], frameRate: { num: 24, den: 1 }, videoRange: 'SDR' }
      : { kind: 'audio', codec: 'mp4a.40.2', channels: 2, sampleRate: 48_000, language: 'en', role: 'main' }),
    timescale: 24_000,
    presentationOffset: 0,
    bandwidth: { average: 1, peak: 1 },
    init: { bytes: 3, sha256: '0'.repeat(64) },
    chunks: tasks
      .filter(({ track }) => track === id)
      .map(({ numbers, won }) => ({
        attempt: String(won),
        firstNumber: numbers[0],
        segments: numbers.map(() => [96_000, 3]),
      })),
  }));
  return presentationSchema.parse({
    schema: 1,
    assetId,
    version,
    revision,
    source: {
      container: 'mp4',
      sizeBytes: 3,
      width: 1280,
      height: 720,
      frameRate: { num: 24, den: 1 },
      frameCount: 384,
      durationSeconds: 16,
      videoCodec: 'h264',
    },
    tracks,
  });
}
