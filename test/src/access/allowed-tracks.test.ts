import { describe, expect, test } from 'vitest';
import { allowedTracks, restrictPresentation } from '../../../src/access/allowed-tracks.ts';
import { AUDIOS, presentation, presentationOf, videoTrack } from '../media/manifest/fixture.ts';

describe('the tracks of a link', () => {
  test.each([
    [undefined, undefined],
    [1080, undefined],
    [4320, undefined],
    [1079, ['v360', 'v720', 'a128-en', 'a128-de']],
    [720, ['v360', 'v720', 'a128-en', 'a128-de']],
    [360, ['v360', 'a128-en', 'a128-de']],
  ])('under maxHeight %s are %j', (maxHeight, expected) => {
    expect(allowedTracks(presentation(), maxHeight)).toEqual(expected);
  });

  test('go by the short side of a portrait picture', () => {
    const portrait = presentationOf([videoTrack('v360', 360, 640, 1), videoTrack('v720', 720, 1280, 1), ...AUDIOS]);
    expect(allowedTracks(portrait, 720)).toBeUndefined();
    expect(allowedTracks(portrait, 719)).toEqual(['v360', 'a128-en', 'a128-de']);
  });

  test('are never none', () => {
    expect(() => allowedTracks(presentation(), 359)).toThrow(expect.objectContaining({ code: 'link_no_rendition' }));
  });

  test('are all that is left of the presentation', () => {
    const whole = presentation();
    expect(restrictPresentation(whole, undefined)).toBe(whole);
    expect(restrictPresentation(whole, ['v360', 'a128-de']).tracks.map(({ id }) => id)).toEqual(['v360', 'a128-de']);
    expect(whole.tracks).toHaveLength(5);
  });
});
