/**
 * `npm run bench -- views truth` in small: the real collector and the real counters in workerd, a runtime that is killed,
 * and a model that knows none of them. The controls are counters that are wrong on purpose: a test that lets them pass is
 * none.
 */
import { describe, expect, it } from 'vitest';
import { runTruth, type TruthOptions } from '../../bench/views/truth.ts';

const SMALL: TruthOptions = { seed: 20_261_120, sessions: 2_000, kills: 2, isolates: 8 };

describe.concurrent('what the counters say', () => {
  it('is what the model says, to the millisecond, whatever dies on the way', async () => {
    const { comparison, kills } = await runTruth(SMALL);
    expect(comparison.lines.views.model).toBeGreaterThan(1_000);
    expect(comparison.error, JSON.stringify(comparison.lines)).toBe(0);
    expect(kills).toBe(2);
  });

  it('is found to be wrong where what comes twice is added', async () => {
    const { comparison } = await runTruth({ ...SMALL, sessions: 600, kills: 0, fault: 'add' });
    expect(comparison.lines.views.counted).toBeGreaterThan(comparison.lines.views.model);
  });

  it('is found to be wrong where a restart forgets what was acknowledged', async () => {
    const { comparison } = await runTruth({ ...SMALL, sessions: 600, kills: 0, fault: 'forget' });
    expect(comparison.lines.views.counted).toBeLessThan(comparison.lines.views.model);
  });
});
