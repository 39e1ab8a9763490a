import { describe, expect, test } from 'vitest';
import {
  assetIdSchema,
  attemptSchema,
  jobIdSchema,
  newAssetId,
  newJobId,
  newVersionId,
  taskIdSchema,
  trackIdSchema,
  versionIdSchema,
} from '../../../src/media/ids.ts';
import { randomId } from '../../../src/platform/random-id.ts';

describe('a new id', () => {
  test.each([
    ['asset', newAssetId, assetIdSchema, 16],
    ['job', newJobId, jobIdSchema, 16],
    ['version', newVersionId, versionIdSchema, 8],
  ] as const)('of %s fits its own schema', (_, make, schema, length) => {
    const id = make();
    expect(id).toHaveLength(length);
    expect(schema.parse(id)).toBe(id);
  });

  test('has no letters that are mistaken for others', () => {
    expect(randomId(2000)).toMatch(/^[0-9a-hjkmnp-tv-z]{2000}$/);
  });

  test('uses its whole alphabet', () => {
    expect(new Set(randomId(5000)).size).toBe(32);
  });

  test('does not repeat', () => {
    expect(new Set(Array.from({ length: 1000 }, newAssetId)).size).toBe(1000);
  });
});

describe('an id', () => {
  const schemas = [
    ['asset', assetIdSchema, 64],
    ['version', versionIdSchema, 32],
    ['job', jobIdSchema, 64],
    ['task', taskIdSchema, 96],
    ['track', trackIdSchema, 32],
  ] as const;

  test.each(schemas)('of %s has a greatest length', (_, schema, max) => {
    expect(schema.safeParse('a'.repeat(max)).success).toBe(true);
    expect(schema.safeParse('a'.repeat(max + 1)).success).toBe(false);
  });

  describe.each(schemas)('of %s', (_, schema) => {
    test.each(['a', '0', 'v1080', 'a128-en', 'x_y-z'])('may be %j', (text) => {
      expect(schema.safeParse(text).success).toBe(true);
    });

    test.each(['', '-a', '_a', 'A', 'a.b', '..', 'a/b', 'a b', 'a\n', 'a\0', 'é', 'a%2f', '１'])(
      'may not be %j',
      (text) => {
        expect(schema.safeParse(text).success).toBe(false);
      },
    );

    test.each([null, undefined, 1, {}, ['a']])('may not be %j', (value) => {
      expect(schema.safeParse(value).success).toBe(false);
    });
  });
});

describe('an attempt', () => {
  test.each(['1', '9', '10', '999999'])('may be %j', (text) => {
    expect(attemptSchema.safeParse(text).success).toBe(true);
  });

  test.each(['', '0', '01', '-1', '1.5', '1000000', 'a', '1\n', ' 1', 1])('may not be %j', (text) => {
    expect(attemptSchema.safeParse(text).success).toBe(false);
  });
});
