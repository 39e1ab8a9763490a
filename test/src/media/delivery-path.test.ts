import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDeliveryPath, splitSessionPath } from '../../../src/media/delivery-path.ts';

describe('a path below a session', () => {
  test.each([
    ['v1080.m3u8', { kind: 'media-playlist', track: 'v1080' }],
    ['a128-en.m3u8', { kind: 'media-playlist', track: 'a128-en' }],
    ['v1080/iframes.m3u8', { kind: 'iframe-playlist', track: 'v1080' }],
    ['v1080/init.mp4', { kind: 'init', track: 'v1080', path: 'v1080/init.mp4' }],
    ['v1080/1/17.m4s', { kind: 'segment', track: 'v1080', number: 17, path: 'v1080/1/17.m4s' }],
    ['v1080/1,9.2,17.1/8.m4s', { kind: 'segment', track: 'v1080', number: 8, path: 'v1080/1/8.m4s' }],
    ['v1080/1,9.2,17.1/9.m4s', { kind: 'segment', track: 'v1080', number: 9, path: 'v1080/2/9.m4s' }],
    ['v1080/1,9.2,17.1/17.m4s', { kind: 'segment', track: 'v1080', number: 17, path: 'v1080/1/17.m4s' }],
    ['t-en.m3u8', { kind: 'media-playlist', track: 't-en' }],
    ['t-en/2/0-250.vtt', { kind: 'text', track: 't-en', path: 't-en/2/text.vtt', offset: 0, length: 250 }],
    [
      't-en/1/33554432-8388608.vtt',
      { kind: 'text', track: 't-en', path: 't-en/1/text.vtt', offset: 33_554_432, length: 8_388_608 },
    ],
    ['chapters.json', { kind: 'chapters', language: undefined }],
    ['chapters/pt-BR.vtt', { kind: 'chapters', language: 'pt-BR' }],
    ['images/poster.jpg', { kind: 'image', extension: 'jpg', path: 'images/poster.jpg' }],
  ])('%s', (path, expected) => {
    expect(parseDeliveryPath(path)).toEqual(expected);
  });

  test.each([
    '',
    '/',
    '.',
    '..',
    '.m3u8',
    'v1080',
    'v1080/',
    '/v1080.m3u8',
    'v1080.m3u8/',
    'v1080.M3U8',
    'V1080.m3u8',
    'v1080.m3u8x',
    'v1080.mp4',
    'v1080/init.mp4/',
    'v1080//init.mp4',
    'v1080/init.mp4/x',
    'v1080/other.mp4',
    'v1080/iframes.m3u8?x=1',
    '../current.json',
    'current.json',
    'presentation-1.json',
    '../asset2/ver1/v1080/init.mp4',
    'v1080/../v360/init.mp4',
    '%2e%2e/current.json',
    'v1080/%2e%2e/init.mp4',
    'v1080%2finit.mp4',
    'v1080%2Em3u8',
    'v10\0.m3u8',
    'v1080\\init.mp4',
    'v1080/1/0.m4s',
    'v1080/1/01.m4s',
    'v1080/1/-1.m4s',
    'v1080/1/1000000.m4s',
    `v1080/1/${'9'.repeat(400)}.m4s`,
    'v1080/1/1.5.m4s',
    'v1080/1/1.mp4',
    'v1080/1/.m4s',
    'v1080/0/1.m4s',
    'v1080/1,1.2/1.m4s',
    'v1080/x/1.m4s',
    'v1080//1.m4s',
    'v1080/1/1.m4s/x',
    'v1080/1/$Number$.m4s',
    'v1080/1,5.1/1.m4s',
    't-en/1/text.vtt',
    't-en/1/cues',
    't-en/1/0-0.vtt',
    't-en/1/-5-10.vtt',
    't-en/1/00-10.vtt',
    't-en/1/0-010.vtt',
    't-en/1/5.vtt',
    't-en/1/0-8388609.vtt', // more than is answered at once
    't-en/1/41943040-1.vtt', // beyond what a pack may have
    't-en/1/0-10.vtt/x',
    't-en/1,9.2/0-10.vtt',
    't-en/0/0-10.vtt',
    't-en/0-10.vtt',
    '../t-en/1/0-10.vtt',
    'images/1/0-10.vtt',
    'images/storyboard.vtt',
    'chapters/en/x.vtt',
    'chapters/.vtt',
    'chapters/e.vtt',
    'chapters/../v360.vtt',
    'chapters/en.json',
    'chapters.vtt',
    'chapters.json/',
    'images',
    'images/',
    'images/../init.mp4',
    'images/poster.svg',
    'images/poster.html',
    'images/.jpg',
    'images/a.b.jpg',
    'images/poster.jpg/1.m4s',
    'v360/1/1xm4s',
    'images/poster.constructor',
    'images/Poster.jpg',
    'images/init.mp4',
    'images.m3u8',
    'images/iframes.m3u8',
    'images/1/1.m4s',
    `${'v'.repeat(33)}.m3u8`,
    `${'v'.repeat(100_000)}`,
    '/'.repeat(100_000),
    'v1080/init.mp4\n',
    'é.m3u8',
  ])('is not %.60j', (path) => {
    expect(parseDeliveryPath(path)).toBeNull();
  });

  test('never becomes a key outside its track', () => {
    const steps = fc.constantFrom(
      'v360',
      'a',
      '..',
      '.',
      '',
      '/',
      '%2e',
      '1',
      '2',
      ',',
      '.',
      'init.mp4',
      '.m4s',
      '.m3u8',
      'images',
      '\0',
      'x.jpg',
      '9',
      '1-2.vtt',
      't-en',
    );
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 9 }), (parts) => {
        const target = parseDeliveryPath(parts.join(''));
        if (target !== null && 'path' in target) {
          expect(target.path).toMatch(
            /^(images\/[a-z0-9_-]+\.jpg|[a-z0-9][a-z0-9_-]*\/(init\.mp4|[1-9][0-9]*\/([1-9][0-9]*\.m4s|text\.vtt)))$/,
          );
        }
      }),
      { numRuns: 5000 },
    );
  });

  test('that is accepted has one form per object, maps aside', () => {
    const path = fc
      .tuple(fc.integer({ min: 1, max: 999_999 }), fc.integer({ min: 1, max: 999_999 }))
      .map(([attempt, number]) => `v1/${attempt}/${number}.m4s`);
    fc.assert(
      fc.property(path, (text) => {
        expect(parseDeliveryPath(text)).toMatchObject({ path: text });
      }),
    );
  });
});

test.each([
  ['/s/a.b.c/v1/init.mp4', { session: 'a.b.c', path: 'v1/init.mp4' }],
  ['/s/x/y', { session: 'x', path: 'y' }],
  ['/s/x', null],
  ['/s/x/', null],
  ['/s//x', null],
  ['/s/', null],
  ['/v/x/y', null],
])('%s splits', (pathname, expected) => {
  expect(splitSessionPath(pathname)).toEqual(expected);
});
