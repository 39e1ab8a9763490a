/** Keys are parsed as what they were built for; other keys are unknown. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cuesKey,
  currentKey,
  EDGE_KEYS_KEY,
  EDGE_REVOCATIONS_KEY,
  initKey,
  isMediaKey,
  isTrackFile,
  parseKey,
  presentationKey,
  segmentKey,
  sourceKey,
  textKey,
  trackFileKey,
} from '../../../src/media/keys.ts';

const idOf = (maxLength: number) => fc.stringMatching(new RegExp(`^[a-z0-9][a-z0-9_-]{0,${maxLength - 1}}$`));
const refOf = fc.record({ assetId: idOf(64), version: idOf(32) });
/** A track called `images` would stand where the images of a version are. */
const trackOf = idOf(32).filter((track) => track !== 'images');
const countOf = fc.integer({ min: 1, max: 999_999 });

describe('a key', () => {
  test('of every kind is read back', () => {
    fc.assert(
      fc.property(refOf, trackOf, countOf, countOf, (ref, track, attempt, number) => {
        expect(parseKey(segmentKey(ref, track, String(attempt), number))).toEqual({
          ...ref,
          kind: 'segment',
          track,
          attempt: String(attempt),
          number,
        });
        expect(parseKey(initKey(ref, track))).toEqual({ ...ref, kind: 'init', track });
        expect(parseKey(textKey(ref, track, String(attempt)))).toEqual({
          ...ref,
          kind: 'text',
          track,
          attempt: String(attempt),
        });
        expect(parseKey(cuesKey(ref, track, String(attempt)))).toEqual({
          ...ref,
          kind: 'cues',
          track,
          attempt: String(attempt),
        });
        expect(parseKey(presentationKey(ref, number))).toEqual({ ...ref, kind: 'presentation', revision: number });
        expect(parseKey(currentKey(ref.assetId))).toEqual({ kind: 'pointer', assetId: ref.assetId });
        expect(parseKey(sourceKey(ref.assetId, 'film.mp4'))).toEqual({ kind: 'source', owner: ref.assetId });
        const file = trackFileKey(ref.assetId, `${track}-${number}`);
        expect(parseKey(file)).toEqual({ kind: 'source', owner: ref.assetId });
        expect(isTrackFile(file, ref.assetId)).toBe(true);
        expect(isTrackFile(file, `${ref.assetId}x`)).toBe(false);
      }),
    );
    // A source without a folder belongs to no asset.
    expect(parseKey('sources/film')).toEqual({ kind: 'source', owner: '' });
    const ref = { assetId: 'a', version: 'v' };
    expect(parseKey('assets/a/v/images/poster.jpg')).toEqual({ ...ref, kind: 'image', extension: 'jpg' });
    // It belongs to the version, so that it is deleted with it.
    expect(parseKey('assets/a/v/images/old/notes.txt')).toEqual({ ...ref, kind: 'image', extension: null });
    expect([EDGE_KEYS_KEY, EDGE_REVOCATIONS_KEY].map(parseKey)).toEqual([{ kind: 'edge' }, { kind: 'edge' }]);
  });

  test.each([
    '',
    'film.mp4',
    'edge/other.json',
    'sources//film.mp4',
    'assets/a',
    'assets/a/other.json',
    'assets/a/current.json/x',
    'assets/A/current.json',
    'assets/a/v/presentation-0.json',
    'assets/a/v/presentation-01.json',
    'assets/a/v/presentation-1.json.bak',
    'assets/a/v/x/presentation-1.json',
    'assets/a/v/v360/init.mp4/x',
    'assets/a/v/v360/other.mp4',
    'assets/a/v/v360/0/1.m4s',
    'assets/a/v/v360/1/0.m4s',
    'assets/a/v/v360/1/01.m4s',
    'assets/a/v/v360/1/1000000.m4s',
    'assets/a/v/v360/1,9.2/10.m4s',
    'assets/a/v/v360.m3u8',
    'assets/a/v/v360/iframes.m3u8',
    'assets/a/v/v360/1/1.m4s/x',
    'assets/a/v/v360/x/1.m4s',
    'assets/a/v/t-en/0/text.vtt',
    'assets/a/v/t-en/1/text.vtt/x',
    'assets/a/v/t-en/text.vtt',
    'assets/a/v/t-en/1/0-10.vtt',
    'assets/a/v/t-en/x/cues',
    'assets/a/v/images/',
    'assets/a/v/images',
  ])('that nothing builds is unknown: %s', (key) => {
    expect(parseKey(key)).toEqual({ kind: 'unknown' });
  });
});

describe('a cache may be asked for', () => {
  test.each([
    'assets/a/v/v-avc-1080/1/17.m4s',
    'assets/a/v/v-avc-1080/init.mp4',
    'assets/a/v/t-en/1/text.vtt',
    'assets/a/v/images/poster.jpg',
    'assets/a/v/presentation-3.json',
  ])('%s', (key) => {
    expect(isMediaKey(key)).toBe(true);
  });

  test.each([
    '',
    'edge/keys.json',
    'sources/a/film.mp4',
    'assets/a/current.json',
    'assets/A/v/v360/init.mp4',
    'assets/a/V/v360/init.mp4',
    'assets/a/v/v360.m3u8',
    'assets/a/v/t-en/1/cues',
    'assets/a/v/v360/iframes.m3u8',
    'assets/a/v/v360/1,9.2/10.m4s',
    'assets/a/v/images/poster.svg',
    'assets/a/v/images/old/poster.jpg',
    'assets/a/v/presentation-3.json?x',
    'assets/a/v/presentation-3.json\n',
  ])('never for %j', (key) => {
    expect(isMediaKey(key)).toBe(false);
  });
});
