import { describe, expect, test } from 'vitest';
import { MAX_AUDIO_TRACKS, MAX_DURATION_SECONDS, MAX_FRAME_COUNT } from '../../../src/media/limits.ts';
import { sourceFactsSchema } from '../../../src/protocol/source-facts.ts';
import { audioFacts, sourceFacts, videoFacts } from './fixture.ts';

const accepts = (value: unknown): boolean => sourceFactsSchema.safeParse(value).success;
const withVideo = (change: object): unknown => ({ ...sourceFacts(), video: { ...videoFacts(), ...change } });
const withAudio = (change: object): unknown => ({ ...sourceFacts(), audio: [{ ...audioFacts(), ...change }] });

describe('source facts', () => {
  test('of a plain film are taken as they are', () => {
    expect(sourceFactsSchema.parse(sourceFacts())).toEqual(sourceFacts());
  });

  test.each([
    ['no sound', { ...sourceFacts(), audio: [] }],
    ['a first frame before zero', withVideo({ startTicks: -1001 })],
    ['a first sound before zero', withAudio({ startSeconds: -0.021 })],
    ['the longest film', withVideo({ durationSeconds: MAX_DURATION_SECONDS, frameCount: MAX_FRAME_COUNT })],
    ['a language of a region', withAudio({ language: 'zh-Hant-TW' })],
    ['the most audio tracks', sourceFacts({}, new Array(MAX_AUDIO_TRACKS).fill(audioFacts()))],
  ])('may have %s', (_, facts) => {
    expect(accepts(facts)).toBe(true);
  });

  test.each([
    ['nothing', null],
    ['an array', []],
    ['another schema', { ...sourceFacts(), schema: 2 }],
    ['an unknown member', { ...sourceFacts(), extra: 1 }],
    ['no bytes', { ...sourceFacts(), sizeBytes: 0 }],
    ['no picture', { ...sourceFacts(), video: undefined }],
    ['one audio track too many', sourceFacts({}, new Array(MAX_AUDIO_TRACKS + 1).fill(audioFacts()))],
    ['an unknown member of video', withVideo({ extra: 1 })],
    ['no frames', withVideo({ frameCount: 0 })],
    ['one frame too many', withVideo({ frameCount: MAX_FRAME_COUNT + 1 })],
    ['no duration', withVideo({ durationSeconds: 0 })],
    ['too long a duration', withVideo({ durationSeconds: MAX_DURATION_SECONDS + 1 })],
    ['an endless duration', withVideo({ durationSeconds: Number.POSITIVE_INFINITY })],
    ['no width', withVideo({ displayWidth: 0 })],
    ['too large a picture', withVideo({ codedHeight: 8193 })],
    ['half a pixel', withVideo({ displayWidth: 1919.5 })],
    ['a crooked rotation', withVideo({ rotation: 45 })],
    ['a negative rotation', withVideo({ rotation: -90 })],
    ['no frame rate', withVideo({ frameRate: { num: 0, den: 1 } })],
    ['an unknown video range', withVideo({ videoRange: 'HDR' })],
    ['a name without end', withVideo({ codec: 'x'.repeat(65) })],
    ['a stream before the first', withVideo({ streamIndex: -1 })],
    ['a language in words', withAudio({ language: 'Brazilian Portuguese' })],
    ['a language with a slash', withAudio({ language: 'en/US' })],
    ['a language that is a path', withAudio({ language: '../' })],
    ['silence instead of channels', withAudio({ channels: 0 })],
    ['a start that is no number', withAudio({ startSeconds: Number.NaN })],
  ])('may not have %s', (_, facts) => {
    expect(accepts(facts)).toBe(false);
  });
});
