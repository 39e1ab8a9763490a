/** Which H.264 encoder is used. No hardware here: a program called ffmpeg stands in for it, and knows what "works". */
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TaskFailure } from '../../../encoder/failure/task-failure.ts';
import { chooseVideoEncoder, encoderProbeArgs } from '../../../encoder/picture/probe-encoder.ts';
import {
  HARDWARE_ENCODERS,
  type VideoEncoder,
  videoEncoderArgs,
  videoEncoderDeviceArgs,
} from '../../../encoder/picture/video-encoder.ts';
import { encodeLikeTheOthers } from '../../../encoder/tasks/run-task.ts';
import { chooseLadder } from '../../../src/protocol/ladder.ts';
import { keptLog } from '../lease/leases.ts';
import { withTempDirectory } from '../media/media-fixtures.ts';

const never = new AbortController().signal;

/** Runs `use` with an ffmpeg that succeeds with these encoders, and says what it was asked for. */
async function withFakeFfmpeg(works: readonly string[], use: () => Promise<void>): Promise<void> {
  await withTempDirectory(async (directory) => {
    const path = join(directory, 'ffmpeg');
    const cases = works.map((kind) => `*" ${kind} "*) exit 0;;`).join(' ');
    writeFileSync(path, `#!/bin/sh\ncase " $* " in ${cases} esac\necho "No capable devices found" >&2\nexit 1\n`);
    chmodSync(path, 0o755);
    const before = process.env['PATH'];
    process.env['PATH'] = `${directory}${delimiter}${before}`;
    try {
      await use();
    } finally {
      process.env['PATH'] = before;
    }
  });
}

describe('what is asked for is used if it works, otherwise x264', () => {
  test.each([
    ['x264', ['h264_nvenc'], 'x264', []],
    ['auto', [], 'x264', ['refused', 'refused', 'refused', 'fallback']],
    ['auto', ['h264_vaapi'], 'h264_vaapi', ['refused', 'refused', 'works']],
    ['auto', ['h264_nvenc', 'h264_vaapi'], 'h264_nvenc', ['works']],
    ['h264_qsv', ['h264_qsv'], 'h264_qsv', ['works']],
    // Not another kind of hardware: a fleet that names one wants that one.
    ['h264_qsv', ['h264_nvenc'], 'x264', ['refused', 'fallback']],
  ] as const)('%s, where %j works: %s', (asked, works, used, said) =>
    withFakeFfmpeg(works, async () => {
      const { log, lines, events } = keptLog();
      expect(await chooseVideoEncoder(asked, log, never)).toBe(used);
      expect(events()).toEqual(said.map((what) => `video_encoder_${what}`));
      if (said.some((what) => what === 'refused')) {
        expect(lines.join('')).toContain('No capable devices found');
      }
    }),
  );
});

test('the probe and a task ask for the same', () => {
  const [rendition] = chooseLadder(640, 360, 25);
  if (rendition === undefined) {
    throw new Error('no rendition');
  }
  for (const kind of HARDWARE_ENCODERS) {
    const probe = encoderProbeArgs(kind, '/x.mp4').join(' ');
    expect(probe).toContain(videoEncoderArgs(kind, { preset: 'medium', gopFrames: 25 }, rendition).join(' '));
    expect(probe).toContain(videoEncoderDeviceArgs(kind).join(' '));
  }
});

test.each<VideoEncoder>(['x264', ...HARDWARE_ENCODERS])(
  '%s: closed GOPs of one length, High profile, a capped rate',
  (kind) => {
    const [rendition] = chooseLadder(1920, 1080, 30);
    if (rendition === undefined) {
      throw new Error('no rendition');
    }
    const args = videoEncoderArgs(kind, { preset: 'fast', gopFrames: 60 }, rendition);
    const after = (option: string) => args[args.indexOf(option) + 1];
    expect(after('-g')).toBe('60');
    expect(after('-flags')).toBe('+cgop');
    expect(after('-profile:v')).toBe('high');
    expect(after('-level')).toBe(kind === 'x264' ? (rendition.level / 10).toFixed(1) : String(rendition.level));
    expect(after('-maxrate')).toBe(`${rendition.maxrateKbps}k`);
    expect(after('-bufsize')).toBe(`${rendition.bufsizeKbps}k`);
  },
);

describe('a track that x264 has begun', () => {
  const failing = (code: 'init_mismatch' | 'encode_failed', asked: VideoEncoder[]) => async (kind: VideoEncoder) => {
    asked.push(kind);
    if (kind === 'x264' && asked.length > 1) {
      return 'done';
    }
    throw new TaskFailure(code, '');
  };

  test('goes on with x264', async () => {
    const asked: VideoEncoder[] = [];
    expect(await encodeLikeTheOthers('h264_nvenc', failing('init_mismatch', asked))).toBe('done');
    expect(asked).toEqual(['h264_nvenc', 'x264']);
  });

  test.each([
    ['h264_nvenc', 'encode_failed'],
    ['x264', 'init_mismatch'],
  ] as const)('%s, %s: is no reason to', async (kind, code) => {
    const asked: VideoEncoder[] = [];
    await expect(encodeLikeTheOthers(kind, failing(code, asked))).rejects.toMatchObject({ code });
    expect(asked).toEqual([kind]);
  });
});
