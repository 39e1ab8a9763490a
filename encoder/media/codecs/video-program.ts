/** What ffmpeg must be told of an encoder of video. */
import type { VideoCodec } from '../../../src/media/codecs/codecs.ts';
import type { Rendition } from '../../../src/protocol/ladder.ts';
import type { VideoPlan } from '../../../src/protocol/plan-schema.ts';

export type Settings = Pick<VideoPlan, 'preset' | 'gopFrames'>;

export type VideoProgram = {
  codec: VideoCodec;
  args: (video: Settings, rendition: Rendition) => string[];
  /** Options in front of the input. */
  deviceArgs: readonly string[];
  /** Filters behind the last of each rendition: VAAPI takes pictures on the device only; the others copy by themselves. */
  upload: readonly string[];
};
