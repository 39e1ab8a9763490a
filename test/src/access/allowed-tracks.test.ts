import { describe, expect, test } from 'vitest';
import { mayFetch, restrictPresentation } from '../../../src/access/allowed-tracks.ts';
import { AUDIOS, presentation, presentationOf, textTrack, videoTrack } from '../media/manifest/fixture.ts';

const idsOf = ({ tracks }: { tracks: readonly { id: string }[] }): string[] => tracks.map(({ id }) => id);

describe('what a link allows of a presentation', () => {
  test.each([
    [undefined, ['v360', 'v720', 'v1080', 'a128-en', 'a128-de']],
    [1080, ['v360', 'v720', 'v1080', 'a128-en', 'a128-de']],
    [1079, ['v360', 'v720', 'a128-en', 'a128-de']],
    [720, ['v360', 'v720', 'a128-en', 'a128-de']],
    [360, ['v360', 'a128-en', 'a128-de']],
  ])('under maxHeight %s is %j', (maxHeight, expected) => {
    const whole = presentation();
    const seen = restrictPresentation(whole, maxHeight);
    expect(idsOf(seen)).toEqual(expected);
    expect(seen === whole).toBe(expected.length === 5);
    expect(whole.tracks).toHaveLength(5);
    for (const id of idsOf(whole)) {
      expect(mayFetch({ maxHeight }, id)).toBe(expected.includes(id));
    }
  });

  test('goes by the short side of a portrait picture', () => {
    const portrait = presentationOf([videoTrack('v360', 360, 640, 1), videoTrack('v720', 720, 1280, 1), ...AUDIOS]);
    expect(restrictPresentation(portrait, 720)).toBe(portrait);
    expect(idsOf(restrictPresentation(portrait, 719))).toEqual(['v360', 'a128-en', 'a128-de']);
  });

  test('has all texts', () => {
    const whole = { ...presentation(), texts: [textTrack('t-en', 'en')] };
    expect(restrictPresentation(whole, 360).texts).toEqual(whole.texts);
  });

  test.each([
    ['no rendition is low enough', presentation(), 359],
    ['the only one is a line higher than its id says', presentationOf([videoTrack('v217', 386, 218, 1)]), 217],
    ['an id tells no height', presentationOf([videoTrack('video', 640, 360, 1)]), 360],
  ])('is never no picture: %s', (_, whole, maxHeight) => {
    const refused = expect.objectContaining({ code: 'link_no_rendition' });
    expect(() => restrictPresentation(whole, maxHeight)).toThrow(refused);
  });
});

describe('a session with a limit of 720', () => {
  test.each(['v720', 'v-hevc-720', 'v240', 'a128-en', 'a-ec3-384-en', 'a2160', 't-en', 't-en-captions'])(
    'may fetch %s',
    (track) => {
      expect(mayFetch({ maxHeight: 720 }, track)).toBe(true);
    },
  );

  test.each([
    'v721',
    'v1080',
    'v-hevc-1080',
    'v',
    'v-hevc',
    'v-hevc-x-360',
    'v0',
    'v0360',
    'sv0',
    'sv360',
    'x360',
    'i1',
  ])('may not fetch %s', (track) => {
    expect(mayFetch({ maxHeight: 720 }, track)).toBe(false);
    expect(mayFetch({}, track)).toBe(true);
  });

  test('of an earlier release may fetch what its list has', () => {
    expect(mayFetch({ tracks: ['v1080', 'a128-en'] }, 'v1080')).toBe(true);
    expect(mayFetch({ tracks: ['v1080', 'a128-en'] }, 'v360')).toBe(false);
    expect(mayFetch({ tracks: [] }, 'a128-en')).toBe(false);
  });
});
