/** Source facts to plan from: a 1080p film with one audio track. Each test changes what it is about. */
import { type EncodeResult, SEGMENT_LAYOUT } from '../../../src/protocol/encode-result.ts';
import type { AudioFacts, SourceFacts, VideoFacts } from '../../../src/protocol/source-facts.ts';

export const videoFacts = (change: Partial<VideoFacts> = {}): VideoFacts => ({
  streamIndex: 0,
  codec: 'h264',
  codedWidth: 1920,
  codedHeight: 1080,
  displayWidth: 1920,
  displayHeight: 1080,
  rotation: 0,
  sampleAspectRatio: { num: 1, den: 1 },
  frameRate: { num: 24, den: 1 },
  variableFrameRate: false,
  frameCount: 240,
  durationSeconds: 10,
  startTicks: 0,
  timeBase: { num: 1, den: 24_000 },
  interlaced: false,
  bitDepth: 8,
  videoRange: 'SDR',
  color: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', range: 'tv' },
  ...change,
});

export const audioFacts = (change: Partial<AudioFacts> = {}): AudioFacts => ({
  streamIndex: 1,
  codec: 'aac',
  channels: 2,
  sampleRate: 48_000,
  language: 'eng',
  startSeconds: 0,
  isDefault: true,
  ...change,
});

export const sourceFacts = (
  video: Partial<VideoFacts> = {},
  audio: readonly AudioFacts[] = [audioFacts()],
): SourceFacts => ({
  schema: 1,
  container: 'mov,mp4,m4a,3gp,3g2,mj2',
  sizeBytes: 1_000_000,
  video: videoFacts(video),
  audio: [...audio],
  warnings: [],
});

/** The result of a chunk task. The board does not compare it with the task's input. */
export const CHUNK_RESULT: EncodeResult = {
  layout: SEGMENT_LAYOUT,
  warnings: [],
  tracks: [
    {
      track: 'v240',
      codec: 'avc1.64000d',
      timescale: 24_000,
      init: { bytes: 1, sha256: '0'.repeat(64) },
      firstNumber: 1,
      baseDecodeTime: 0,
      segments: [[96_000, 1]],
    },
  ],
};
