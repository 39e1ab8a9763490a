/** The range of a series: whole points, bounded, and what would fit where it is too large. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DIMENSIONS, RESOLUTION_MS, RESOLUTIONS } from '../../../../src/analytics/facts.ts';
import { viewsQuerySchema } from '../../../../src/control/views/schemas.ts';
import {
  MAX_POINTS,
  MAX_SPLIT_POINTS,
  resolveSeries,
  type SeriesRequest,
} from '../../../../src/control/views/views-query.ts';
import { AppError } from '../../../../src/errors.ts';

const at = (text: string): number => Date.parse(text);
const NOW = at('2026-11-20T12:34:56.789Z');
const HOURLY = { fromMs: undefined, toMs: undefined, resolution: 'hour', by: null } as const;

/** The error that it is refused with. */
function refused(request: SeriesRequest): AppError {
  try {
    resolveSeries(request, NOW);
  } catch (error) {
    if (error instanceof AppError) {
      return error;
    }
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a series', () => {
  test.each([
    ['minute', '2026-11-19T12:34:00Z', '2026-11-20T12:35:00Z'],
    ['hour', '2026-11-19T12:00:00Z', '2026-11-20T13:00:00Z'],
    ['day', '2026-10-21T00:00:00Z', '2026-11-21T00:00:00Z'],
  ] as const)('by %s has a default', (resolution, from, to) => {
    expect(resolveSeries({ ...HOURLY, resolution }, NOW)).toEqual({
      fromMs: at(from),
      toMs: at(to),
      resolution,
      by: null,
    });
  });

  test('of one point is the whole point', () => {
    const request = { ...HOURLY, fromMs: NOW, toMs: NOW + 1 };
    expect(resolveSeries(request, NOW)).toMatchObject({
      fromMs: at('2026-11-20T12:00:00Z'),
      toMs: at('2026-11-20T13:00:00Z'),
    });
  });

  test.each([
    ['from', { fromMs: NOW, toMs: NOW }],
    ['from', { fromMs: NOW + 1, toMs: undefined }],
    ['from', { fromMs: NOW, toMs: NOW - 1 }],
  ])('must begin before it ends: %s', (path, range) => {
    const { code, options } = refused({ ...HOURLY, ...range });
    expect([code, options.extra]).toEqual(['invalid_request', { errors: [{ path, message: expect.any(String) }] }]);
  });

  test.each(DIMENSIONS)('by minute is not split by %s', (by) => {
    expect(refused({ ...HOURLY, resolution: 'minute', by }).code).toBe('resolution_too_fine');
  });

  test('that is too long says at which resolution it would fit', () => {
    const error = refused({ ...HOURLY, fromMs: at('2026-08-01T00:00:00Z'), toMs: at('2026-11-01T00:00:00Z') });
    expect([error.code, error.options.extra]).toEqual([
      'range_too_large',
      {
        points: 92 * 24,
        maxPoints: MAX_POINTS,
        fits: { from: '2026-08-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z', resolution: 'day' },
      },
    ]);
  });

  test.each([
    ['minute', MAX_POINTS, null],
    ['minute', MAX_POINTS + 1, 'hour'],
    ['minute', MAX_POINTS * 60, 'hour'],
    ['minute', MAX_POINTS * 60 + 1, 'day'],
    ['minute', MAX_POINTS * 1440 + 1, 'minute'],
    ['hour', MAX_POINTS, null],
    ['hour', MAX_POINTS * 24 + 1, 'hour'],
    ['day', MAX_POINTS, null],
    ['day', MAX_POINTS + 1, 'day'],
  ] as const)('by %s of %i points fits by %s', (resolution, points, fitting) => {
    const toMs = at('2026-11-20T00:00:00Z');
    const request = { ...HOURLY, resolution, fromMs: toMs - points * RESOLUTION_MS[resolution], toMs };
    if (fitting === null) {
      expect(resolveSeries(request, NOW)).toMatchObject({ fromMs: request.fromMs, toMs });
    } else {
      expect(refused(request).options.extra).toMatchObject({ points, fits: { resolution: fitting } });
    }
  });

  test('of which whatever it is, it is answered with at most so many points, or told a range that is', () => {
    const ms = fc.integer({ min: at('0000-01-01T00:00:00Z'), max: at('9999-12-31T23:59:59Z') });
    const request = fc.record({
      fromMs: fc.option(ms, { nil: undefined }),
      toMs: fc.option(ms, { nil: undefined }),
      resolution: fc.constantFrom(...RESOLUTIONS),
      by: fc.option(fc.constantFrom(...DIMENSIONS)),
    });
    const seen = new Set<string>();
    fc.assert(
      fc.property(request, (asked) => {
        const max = asked.by === null ? MAX_POINTS : MAX_SPLIT_POINTS;
        const stepMs = RESOLUTION_MS[asked.resolution];
        try {
          const { fromMs, toMs } = resolveSeries(asked, NOW);
          expect([fromMs % stepMs, toMs % stepMs].map(Math.abs)).toEqual([0, 0]);
          expect(fromMs).toBeLessThanOrEqual(asked.fromMs ?? fromMs);
          expect(toMs).toBeGreaterThanOrEqual(asked.toMs ?? NOW);
          expect((toMs - fromMs) / stepMs).toBeLessThanOrEqual(max);
          seen.add('answered');
        } catch (error) {
          if (!(error instanceof AppError)) {
            throw error;
          }
          seen.add(error.code);
          if (error.code === 'range_too_large') {
            const fits = error.options.extra?.['fits'] as { from: string; to: string; resolution: 'hour' };
            const again = { fromMs: at(fits.from), toMs: at(fits.to), resolution: fits.resolution, by: asked.by };
            expect(resolveSeries(again, NOW).toMs).toBe(at(fits.to));
          }
        }
      }),
    );
    expect([...seen].sort()).toEqual(['answered', 'invalid_request', 'range_too_large', 'resolution_too_fine']);
  });
});

describe('a time in a query', () => {
  test('is one, or refused: whatever text it is', () => {
    const digits = fc.stringMatching(/^\d{4}-\d\d-\d\dT\d\d(:\d\d){1,2}(\.\d{0,12})?(Z|z|[+-]\d\d:?\d\d)?$/);
    const text = fc.oneof(
      digits,
      fc.string({ maxLength: 60 }),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    let taken = 0;
    fc.assert(
      fc.property(text, (from) => {
        const parsed = viewsQuerySchema.safeParse({ from });
        if (parsed.success) {
          taken += 1;
          expect(parsed.data.from).toBe(new Date(from).getTime());
          expect(parsed.data.from).not.toBeNaN();
        }
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  test.each([
    ['2026-11-20T12:00:00Z', '2026-11-20T12:00:00Z'],
    ['2026-11-20T12:00:00.5+05:30', '2026-11-20T06:30:00.500Z'],
    ['2024-02-29T00:00:00-12:00', '2024-02-29T12:00:00Z'],
  ])('%s is understood', (from, same) => {
    expect(viewsQuerySchema.parse({ from }).from).toBe(at(same));
  });
});
