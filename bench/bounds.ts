/** What a benchmark ends with. Wrong results always end with 1; a missed bound of speed does not with BOUNDS=off. */

/** At small sizes and beside other programs the figures say nothing. */
const areHeld = process.env['BOUNDS'] !== 'off';

/** Of speed, memory or cost: never of what is counted or answered. */
export function holdBound(holds: boolean): void {
  if (!holds && areHeld) {
    process.exitCode = 1;
  }
}
