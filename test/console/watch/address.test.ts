import { describe, expect, test } from 'vitest';
import { linkOf, manifestPath, parseAddress, watchPath } from '../../../console/src/watch/address.ts';

const at = (path: string) => parseAddress(new URL(path, 'https://sluice.example'));

describe('the address of the page', () => {
  test.each([
    ['/watch/abc', { link: 'abc', format: 'hls' }],
    ['/watch/a.b-c_d~e', { link: 'a.b-c_d~e', format: 'hls' }],
    ['/watch/abc?format=dash', { link: 'abc', format: 'dash' }],
    ['/watch/abc?format=flash', { link: 'abc', format: 'hls' }],
    ['/watch/abc#t=3', { link: 'abc', format: 'hls' }],
  ])('%s names a link', (path, expected) => {
    expect(at(path)).toEqual(expected);
  });

  test.each(['/', '/watch', '/watch/', '/watch/a/b', '/watch/a%2fb', '/watch/<b>', `/watch/${'a'.repeat(8193)}`])(
    '%s names none',
    (path) => {
      expect(at(path)).toBeNull();
    },
  );

  test('comes back from the link and the format', () => {
    for (const format of ['hls', 'dash'] as const) {
      expect(at(watchPath({ link: 'abc', format }))).toEqual({ link: 'abc', format });
    }
  });

  test('leads to the manifest', () => {
    expect(manifestPath({ link: 'abc', format: 'hls' })).toBe('/v/abc/main.m3u8');
    expect(manifestPath({ link: 'abc', format: 'dash' })).toBe('/v/abc/manifest.mpd');
  });
});

describe('a pasted text', () => {
  test.each([
    ['abc', 'abc'],
    ['  abc\n', 'abc'],
    ['https://sluice.example/watch/a.b.c', 'a.b.c'],
    ['https://sluice.example/watch/a.b.c?format=dash', 'a.b.c'],
    ['https://sluice.example/v/a.b.c/main.m3u8', 'a.b.c'],
  ])('%j holds a link', (text, link) => {
    expect(linkOf(text)).toBe(link);
  });

  test.each(['', 'two words', 'https://sluice.example/', 'javascript:alert(1)'])('%j holds none', (text) => {
    expect(linkOf(text)).toBeNull();
  });
});
