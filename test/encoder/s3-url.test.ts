import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEncoderConfig } from '../../encoder/config.ts';
import { parseS3Url } from '../../encoder/s3-url.ts';

const S3_URL = 'https://key-id:bucket-secret-9876543210@account.r2.example/media';
const BASE = { SLUICE_URL: 'https://sluice.example', ENCODER_TOKEN: 'token-0123456789-0123456789-0123456789' };
const VARIABLES = {
  S3_ENDPOINT: 'https://account.r2.example',
  S3_BUCKET: 'media',
  S3_ACCESS_KEY_ID: 'key-id',
  S3_SECRET_ACCESS_KEY: 'bucket-secret-9876543210',
};

describe('S3_URL', () => {
  test('is the four variables in one: an encoder starts with three variables', () => {
    expect(parseEncoderConfig({ ...BASE, S3_URL })).toMatchObject({ ...BASE, ...VARIABLES });
  });

  test('what is before the bucket belongs to the endpoint; a slash at the end does not matter', () => {
    expect(parseS3Url('http://a:b@127.0.0.1:8787/cdn-cgi/local/r2/s3/media/')).toEqual({
      S3_ENDPOINT: 'http://127.0.0.1:8787/cdn-cgi/local/r2/s3',
      S3_BUCKET: 'media',
      S3_ACCESS_KEY_ID: 'a',
      S3_SECRET_ACCESS_KEY: 'b',
    });
  });

  test('any key and secret survive percent-encoding', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (key, secret) => {
        const url = `https://${encodeURIComponent(key)}:${encodeURIComponent(secret)}@host.example/media`;
        expect(parseS3Url(url)).toMatchObject({ S3_ACCESS_KEY_ID: key, S3_SECRET_ACCESS_KEY: secret });
      }),
    );
  });

  test.each([
    'bucket-secret-9876543210',
    'ftp://key:bucket-secret-9876543210@host.example/media',
    'https://key:bucket-secret-9876543210@host.example',
    'https://key:bucket-secret-9876543210@host.example/',
    'https://bucket-secret-9876543210@host.example/media',
    'https://host.example/media',
    'https://key:bucket-secret-9876543210%@host.example/media',
    'https://key:bucket-secret-9876543210@host.example/media?region=x',
  ])('%s is refused, by name and without its value', (broken) => {
    const parse = () => parseEncoderConfig({ ...BASE, S3_URL: broken });
    expect(parse).toThrow('S3_URL: is not');
    expect(parse).toThrow(/^((?!9876543210)[\s\S])*$/);
  });

  test.each(Object.keys(VARIABLES))('beside %s it is refused', (name) => {
    expect(() => parseEncoderConfig({ ...BASE, S3_URL, [name]: 'other' })).toThrow(name);
  });

  test('an empty one is none', () => {
    expect(parseEncoderConfig({ ...BASE, ...VARIABLES, S3_URL: '' })).toMatchObject(VARIABLES);
  });
});
