/** What the publish check finds: a rule of the specifications, broken somewhere. */
import { JobFailure } from '../job-failure.ts';

export type Violation = {
  /** Rule id, stable. */
  rule: string;
  /** Track, chunk or segment. */
  where: string;
  message: string;
};

/** Fails the job with `check_failed`, naming every rule broken and where, as far as they fit. */
export function requireNone(violations: readonly Violation[]): void {
  if (violations.length > 0) {
    const told = violations.map(({ rule, where, message }) => `[${rule}] ${where}: ${message}`).join('; ');
    throw new JobFailure('check_failed', told);
  }
}
