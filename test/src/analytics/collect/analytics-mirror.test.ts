import { describe, expect, test, vi } from 'vitest';
import { mirrorTo, pointsOf } from '../../../../src/analytics/collect/analytics-mirror.ts';
import { CollectedBatch } from '../../../../src/analytics/collect/collected-batch.ts';
import { visitorOf } from './visitors.ts';

function newBatch(countries = 1): CollectedBatch {
  const batch = new CollectedBatch('asset1', 0, 0);
  for (let index = 0; index < countries; index += 1) {
    const visitor = { ...visitorOf(`s${index}`), country: `C${index}` };
    batch.add(visitor, 'v360', 1);
    batch.add(visitor, 'v360', 2);
    batch.add(visitor, 'v360', 9);
    batch.add(visitor, 'v720', 3);
  }
  return batch;
}

const asset = { assetId: 'asset1', country: 'C0', device: 'desktop' };

describe('what is written of a batch', () => {
  test('is one point for each country, device and rendition', () => {
    expect(pointsOf(newBatch())).toEqual([
      { ...asset, rendition: 'v360', sessions: 1, segments: 3, watchMs: 12_000 },
      { ...asset, rendition: 'v720', sessions: 1, segments: 1, watchMs: 4000 },
    ]);
  });

  test('leaves out a fact that only tells of a silence, until there is a new one', () => {
    const [earlier, batch, visitor] = [newBatch(), new CollectedBatch('asset1', 0, 0), visitorOf('s0')];
    earlier.add(visitor, 'v360', 1);
    batch.repeat(visitor);
    expect(pointsOf(batch)).toEqual([]);
    batch.add(visitor, 'v360', 2);
    expect(pointsOf(batch)).toMatchObject([{ rendition: 'v360', segments: 2 }]);
  });

  test('is never more than the platform takes, and nothing is left out', () => {
    const points = pointsOf(newBatch(300));
    expect(points).toHaveLength(250);
    expect(points.reduce((sum, { segments }) => sum + segments, 0)).toBe(1200);
    expect(points.at(-1)).toMatchObject({ country: 'XX', device: 'other', rendition: 'other' });
  });

  test('goes to the dataset in a fixed order, and a fault there is nobody’s fault here', () => {
    const writeDataPoint = vi.fn();
    mirrorTo({ writeDataPoint })(newBatch());
    expect(writeDataPoint.mock.calls[0]).toEqual([
      { indexes: ['asset1'], blobs: ['asset1', 'C0', 'desktop', 'v360'], doubles: [1, 3, 12_000] },
    ]);
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    writeDataPoint.mockImplementation(() => {
      throw new Error('too many');
    });
    expect(() => mirrorTo({ writeDataPoint })(newBatch())).not.toThrow();
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
  });
});
