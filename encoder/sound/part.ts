/** Which samples are encoded for a part of a rendition, and which packets of them are kept. Pure. */
import { type AudioCodec, audioCodecRow, DEFAULT_AUDIO_CODEC } from '../../src/media/codecs/codecs.ts';
import type { AudioPlan, Chunk } from '../../src/protocol/plan-schema.ts';

/** Samples `from` … `to` of the film go in; of the packets that come out, `packets` behind the first `dropped` are the part. */
export type Part = { from: number; to: number; dropped: number; packets: number };

/**
 * Packets before a part, encoded with it and dropped: 2 s, after which even for pure tones the state of ffmpeg's encoder is
 * that of a whole encode, within its own spread.
 */
const LEAD_PACKETS = 96;
/** AAC packets behind a part, likewise: a packet's windows depend on the samples after it. */
const TAIL_PACKETS = 2;

/**
 * `priming`: packets before the one that decodes to the first samples. `lateSamples`: of what decodes, so many samples are
 * older than the packet's time, and the encoder is given sound that is so much later.
 */
const DELAYS: Readonly<Record<AudioCodec, { priming: number; lateSamples: number }>> = {
  // Without the first packet, which is 1,024 samples of priming, no edit list is needed to say so.
  aac: { priming: 1, lateSamples: 0 },
  eac3: { priming: 0, lateSamples: 256 },
  ac3: { priming: 0, lateSamples: 256 },
};

/** Without `chunk`: the whole rendition. */
export function partOf(audio: AudioPlan, chunk?: Chunk): Part {
  const { frameSamples } = audioCodecRow(audio.codec);
  const { priming, lateSamples } = DELAYS[audio.codec ?? DEFAULT_AUDIO_CODEC];
  const first = chunk?.firstFrame ?? 0;
  const packets = chunk?.frameCount ?? audio.frameCount;
  const lead = Math.min(first, LEAD_PACKETS);
  const last = Math.min(audio.frameCount, first + packets + TAIL_PACKETS);
  return {
    from: (first - lead) * frameSamples + lateSamples,
    to: last * frameSamples + lateSamples,
    dropped: priming + lead,
    packets,
  };
}
