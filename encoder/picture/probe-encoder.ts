/** Chooses a video encoder that works: missing drivers, cards, sessions and devices show here, not in a task. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseLadder } from '../../src/protocol/ladder.ts';
import type { Log } from '../failure/log.ts';
import { type ProcessError, runProcess } from '../media/process.ts';
import {
  HARDWARE_ENCODERS,
  type HardwareEncoder,
  type VideoEncoder,
  videoCodecOf,
  videoEncoderArgs,
  videoEncoderDeviceArgs,
  videoEncoderUpload,
} from './video-encoder.ts';

/** A driver that hangs must not keep the encoder from starting. */
const PROBE_DEADLINE_MS = 20_000;
const GOP_FRAMES = 25;

/** One second of a test picture, with the arguments of a task. */
export function encoderProbeArgs(kind: HardwareEncoder, path: string): string[] {
  const [rendition] = chooseLadder(640, 360, GOP_FRAMES, videoCodecOf(kind));
  if (rendition === undefined) {
    throw new RangeError('the ladder of the probe is empty');
  }
  const { width, height } = rendition;
  return [
    ...['-nostdin', '-hide_banner', '-v', 'error', '-y', ...videoEncoderDeviceArgs(kind)],
    ...['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${GOP_FRAMES}:duration=1`],
    ...['-vf', ['format=yuv420p', ...videoEncoderUpload(kind, rendition)].join(',')],
    ...videoEncoderArgs(kind, { preset: 'medium', gopFrames: GOP_FRAMES }, rendition),
    ...['-f', 'mp4', `file:${path}`],
  ];
}

async function probe(kind: HardwareEncoder, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-probe-'));
  try {
    const args = encoderProbeArgs(kind, join(folder, 'probe.mp4'));
    await runProcess('ffmpeg', args, { deadlineMs: PROBE_DEADLINE_MS, signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first of the kinds asked for that passes its probe, or x264. */
export async function chooseVideoEncoder(asked: 'auto' | VideoEncoder, log: Log, signal: AbortSignal) {
  if (asked === 'x264') {
    return 'x264';
  }
  for (const kind of asked === 'auto' ? HARDWARE_ENCODERS : [asked]) {
    try {
      await probe(kind, signal);
      log.info('video_encoder_works', { kind });
      return kind;
    } catch (error) {
      signal.throwIfAborted();
      const { stderrTail } = error as Partial<ProcessError>;
      log.info('video_encoder_refused', { kind, reason: String(error), detail: stderrTail?.slice(-500) });
    }
  }
  log.info('video_encoder_fallback', { asked, kind: 'x264' });
  return 'x264';
}
