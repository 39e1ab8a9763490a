import { describe, expect, test } from 'vitest';
import { parseEncoderConfig, unusedVariables } from '../../encoder/config.ts';

const TOKEN = 'token-0123456789-0123456789-0123456789';
const SECRET = 'bucket-secret-9876543210';
const ENVIRONMENT = {
  SLUICE_URL: 'https://sluice.example',
  ENCODER_TOKEN: TOKEN,
};

describe('parseEncoderConfig', () => {
  test('what grants access is enough; the rest fits the machine', () => {
    const config = parseEncoderConfig(ENVIRONMENT);
    expect(config).toMatchObject(ENVIRONMENT);
    expect(config.ENCODER_ID).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
    expect(config.ENCODER_SLOTS).toBeUndefined();
    expect(config).toMatchObject({ ENCODER_VIDEO: 'x264', DRAIN_SECONDS: 30 });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('keys of the bucket, which earlier encoders needed, are ignored, and named so that they can be taken away', () => {
    const before = { ...ENVIRONMENT, S3_URL: `https://key:${SECRET}@bucket.example/media`, S3_BUCKET: '' };
    expect(JSON.stringify(parseEncoderConfig(before))).not.toContain(SECRET);
    expect(unusedVariables(before)).toEqual(['S3_URL']);
    expect(unusedVariables(ENVIRONMENT)).toEqual([]);
  });

  test('two encoders of one machine have different ids', () => {
    expect(parseEncoderConfig(ENVIRONMENT).ENCODER_ID).not.toBe(parseEncoderConfig(ENVIRONMENT).ENCODER_ID);
  });

  test('numbers are read from text', () => {
    const numbers = { ENCODER_SLOTS: '3', WORK_BYTES: '2000', MAX_SOURCE_BYTES: '1000', TASK_SECONDS: '60' };
    expect(parseEncoderConfig({ ...ENVIRONMENT, ...numbers })).toMatchObject({
      ENCODER_SLOTS: 3,
      WORK_BYTES: 2000,
      MAX_SOURCE_BYTES: 1000,
      TASK_SECONDS: 60,
    });
  });

  test.each(Object.keys(ENVIRONMENT))('%s has no default', (name) => {
    expect(() => parseEncoderConfig({ ...ENVIRONMENT, [name]: undefined })).toThrow(name);
    expect(() => parseEncoderConfig({ ...ENVIRONMENT, [name]: '' })).toThrow(name);
  });

  test.each([
    ['SLUICE_URL', 'sluice.example'],
    ['SLUICE_URL', 'file:///etc/passwd'],
    ['ENCODER_TOKEN', 'short'],
    ['ENCODER_ID', 'two words'],
    ['ENCODER_SLOTS', '0'],
    ['ENCODER_SLOTS', '1.5'],
    ['ENCODER_SLOTS', 'many'],
    ['DRAIN_SECONDS', '-1'],
    ['DRAIN_SECONDS', '86400'],
    ['ENCODER_VIDEO', 'libx265'],
    ['MAX_SOURCE_BYTES', '-1'],
    ['WORK_BYTES', '60Gi'],
    ['TASK_SECONDS', '0'],
  ])('%s=%s is refused', (name, value) => {
    expect(() => parseEncoderConfig({ ...ENVIRONMENT, [name]: value })).toThrow(name);
  });

  test('all problems are named at once, and no value', () => {
    const broken = { ...ENVIRONMENT, ENCODER_TOKEN: 'too-short-a-token', SLUICE_URL: SECRET, ENCODER_SLOTS: TOKEN };
    const message = (() => {
      try {
        return JSON.stringify(parseEncoderConfig(broken));
      } catch (error) {
        return String(error);
      }
    })();
    expect(message).toContain('ENCODER_TOKEN');
    expect(message).toContain('SLUICE_URL');
    expect(message).toContain('ENCODER_SLOTS');
    for (const value of [SECRET, TOKEN, 'too-short-a-token']) {
      expect(message).not.toContain(value);
    }
  });
});
