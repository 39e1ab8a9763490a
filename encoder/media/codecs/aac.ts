/** ffmpeg's own AAC encoder. */
import type { AudioPlan } from '../../../src/protocol/plan-schema.ts';

export const aacArgs = ({ bitrateKbps }: AudioPlan): string[] => [
  ...['-c:a', 'aac', '-profile:a', 'aac_low', '-b:a', `${bitrateKbps}k`],
  // The encoder's first packet is 1,024 samples of priming. Without it the packet at time 0 decodes to samples 0–1023, and
  // no edit list is needed to say so.
  ...['-bsf:a', 'noise=drop=eq(n\\,0)'],
];
