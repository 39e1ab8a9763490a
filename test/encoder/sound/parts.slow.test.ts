/** Sound encoded in parts and joined is what one encode makes: as many packets, and no more is lost at the joints. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Joints, measureJoints, partsOf, samplesOf } from '../../../bench/frames/joints.ts';
import type { AudioPlan } from '../../../src/protocol/plan-schema.ts';
import { ffmpeg, withTempDirectory } from '../media/media-fixtures.ts';
import { planOf } from './sound-fixtures.ts';

const TIMEOUT_MS = 120_000;
const SECONDS = 16;
/** Noise that swells, pauses and knocks. Its level in 5.1 differs from channel to channel. */
const FILM = '(0.6+0.4*sin(0.9*t))*gt(mod(t,5),0.7)*0.1*(random(0)-0.5)+0.5*exp(-30*mod(t,0.7))*(random(1)-0.5)';

async function jointsOf(directory: string, graph: string, more: Partial<AudioPlan>): Promise<Joints> {
  const path = join(directory, 'film.mkv');
  ffmpeg('-f', 'lavfi', '-i', graph, '-c:a', 'flac', path);
  const audio = planOf(SECONDS, more);
  return await measureJoints(path, samplesOf(path), audio, partsOf(audio, 2), directory);
}

test.each([
  ['stereo', `aevalsrc='${FILM}|0.7*(${FILM})':c=stereo:s=48000:d=${SECONDS}`, { bitrateKbps: 128 }],
  [
    '5.1',
    `aevalsrc='${FILM}|0.7*(${FILM})|0.5*(${FILM})|0.2*sin(300*t)|0.2*(${FILM})|0.1*(${FILM})':c=5.1:s=48000:d=${SECONDS}`,
    { bitrateKbps: 384, channels: 6 as const },
  ],
])('%s', { timeout: TIMEOUT_MS }, (_, graph, more) =>
  withTempDirectory(async (directory) => {
    const { packets, nearest, atJoints, elsewhere } = await jointsOf(directory, graph, more);
    expect(packets.parts).toBe(packets.whole);
    // The first part is that of the whole encode.
    expect(packets.equal).toBeGreaterThan(0.4 * packets.whole);
    expect(nearest.parts.worst).toBeLessThan(elsewhere.worst);
    expect(nearest.parts.mean - nearest.whole.mean).toBeLessThan(2);
    expect(atJoints.parts.mean - atJoints.whole.mean).toBeLessThan(2);
  }),
);
