/** The audio encoder of each codec, and how ffmpeg is told. */
import { type AudioCodec, DEFAULT_AUDIO_CODEC } from '../../src/media/codecs/codecs.ts';
import type { AudioPlan } from '../../src/protocol/plan-schema.ts';
import { aacArgs } from './codecs/aac.ts';

const ENCODERS: Readonly<Record<AudioCodec, (audio: AudioPlan) => string[]>> = { aac: aacArgs };

export const audioEncoderArgs = (audio: AudioPlan): string[] => ENCODERS[audio.codec ?? DEFAULT_AUDIO_CODEC](audio);
