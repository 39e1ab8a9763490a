/** The exit code of a benchmark. Wrong results always fail it. With BOUNDS=off, missed performance bounds do not. */

/** At small sizes, and on a busy machine, the figures mean nothing. */
const areHeld = process.env['BOUNDS'] !== 'off';

/** For bounds of speed, memory or cost, never for the correctness of results. */
export function holdBound(holds: boolean, rule = ''): void {
  if (holds) {
    return;
  }
  if (rule !== '') {
    console.log(`bound missed: ${rule}`);
  }
  if (areHeld) {
    process.exitCode = 1;
  }
}
