/** Plans and the codecs that they name: earlier releases wrote none, and their encoders must be able to read plans. */
import { expect, test } from 'vitest';
import { planEncode } from '../../../src/protocol/plan.ts';
import { audioSampleCount, encodePlanSchema } from '../../../src/protocol/plan-schema.ts';
import { sourceFacts } from './fixture.ts';

const plan = planEncode(sourceFacts(), { preset: 'medium' });

test('of H.264 and AAC name none, so that encoders of earlier releases take them', () => {
  const named = [...plan.video.renditions, ...plan.audio].filter((part) => 'codec' in part);
  expect([plan.video.renditions.length > 0, plan.audio.length, named]).toEqual([true, 1, []]);
  expect(plan.video.renditions.map(({ track }) => track)).toContain('v240');
  expect(plan.audio.map(({ track }) => track)).toEqual(['a128-eng']);
});

test('are stored and read again as they are, with a codec and without', () => {
  const named = {
    ...plan,
    video: { ...plan.video, renditions: plan.video.renditions.map((rendition) => ({ ...rendition, codec: 'avc' })) },
    audio: plan.audio.map((audio) => ({ ...audio, codec: 'aac' })),
  };
  for (const stored of [plan, named]) {
    expect(encodePlanSchema.parse(JSON.parse(JSON.stringify(stored)))).toEqual(stored);
  }
});

test('of a codec that is not in the table are refused', () => {
  const unknown = plan.audio.map((audio) => ({ ...audio, codec: 'mp3' }));
  expect(encodePlanSchema.safeParse({ ...plan, audio: unknown }).success).toBe(false);
});

test('have 1,024 samples for each access unit of AAC', () => {
  expect(audioSampleCount({ frameCount: 3 })).toBe(3 * 1024);
});
