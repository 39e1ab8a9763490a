import { describe, expect, test } from 'vitest';
import {
  assetIdOf,
  currentKey,
  initKey,
  initPath,
  isSourceKey,
  presentationKey,
  segmentKey,
  segmentPath,
  sourceKey,
  versionPrefix,
  versionPrefixOf,
} from '../../../src/media/keys.ts';

describe('object keys are the ones of the storage table', () => {
  const ref = { assetId: 'film', version: 'v1' };

  test.each([
    [sourceKey('film', 'film.mp4'), 'sources/film/film.mp4'],
    [versionPrefix(ref), 'assets/film/v1/'],
    [currentKey('film'), 'assets/film/current.json'],
    [presentationKey(ref, 3), 'assets/film/v1/presentation-3.json'],
    [initKey(ref, 'v1080'), 'assets/film/v1/v1080/init.mp4'],
    [segmentKey(ref, 'v1080', '2', 17), 'assets/film/v1/v1080/2/17.m4s'],
  ])('%s', (key, expected) => {
    expect(key).toBe(expected);
  });

  test('a delivery path is what follows the version in the key', () => {
    expect(initKey(ref, 'a128-en')).toBe(versionPrefix(ref) + initPath('a128-en'));
    expect(segmentKey(ref, 'a128-en', '1', 2)).toBe(versionPrefix(ref) + segmentPath('a128-en', '1', 2));
  });
});

describe('an object key tells', () => {
  const prefix = 'assets/film/v1/';

  test.each([
    [`${prefix}v1080/2/17.m4s`, prefix],
    [`${prefix}presentation-3.json`, prefix],
    [prefix, prefix],
    ['assets/film/current.json', 'assets/film/current.json'],
    ['edge/keys.json', 'edge/keys.json'],
    ['film', 'film'],
    ['', ''],
  ])('%s is of the version %s', (key, expected) => {
    expect(versionPrefixOf(key)).toBe(expected);
  });

  test('its asset', () => {
    expect(assetIdOf(currentKey('film'))).toBe('film');
    expect(assetIdOf('')).toBe('');
  });
});

describe('a source key', () => {
  test.each([
    'sources/tiny.mp4',
    'sources/film',
    'sources/film/film.mp4',
    'sources/a/b/c/d.mov',
    'sources/film/a film (2).mp4',
    'sources/film/Überfilm.mp4',
    'sources/film/..film.mp4',
    'sources/film/...',
    `sources/a/${'x'.repeat(502)}`,
  ])('may be %j', (key) => {
    expect(isSourceKey(key)).toBe(true);
  });

  test.each([
    ['empty', ''],
    ['only the prefix', 'sources/'],
    ['not even a slash', 'sources'],
    ['two dots as the file', 'sources/..'],
    ['empty file', 'sources/film/'],
    ['elsewhere', 'assets/film/v1/presentation-1.json'],
    ['prefix in another case', 'Sources/film/film.mp4'],
    ['a folder that only begins alike', 'sourcesX/film/film.mp4'],
    ['leading slash', '/sources/film/film.mp4'],
    ['two dots', 'sources/film/../other/film.mp4'],
    ['two dots at the end', 'sources/film/..'],
    ['out of sources', 'sources/../assets/film/current.json'],
    ['one dot', 'sources/./film.mp4'],
    ['empty step', 'sources//film.mp4'],
    ['empty last step', 'sources/film/film.mp4/'],
    ['NUL', 'sources/film/a\0b.mp4'],
    ['line feed', 'sources/film/a\nb.mp4'],
    ['carriage return', 'sources/film/a\rb.mp4'],
    ['escape', 'sources/film/a\u001bb.mp4'],
    ['delete', 'sources/film/a\u007fb.mp4'],
    ['C1 control', 'sources/film/a\u0085b.mp4'],
    ['513 characters', `sources/a/${'x'.repeat(503)}`],
    ['more bytes than a key of R2 may have', `sources/a/${'€'.repeat(400)}`],
    ['half a character', 'sources/film/a\ud800b.mp4'],
  ])('may not be one with %s', (_, key) => {
    expect(isSourceKey(key)).toBe(false);
  });
});
