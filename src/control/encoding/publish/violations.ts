/** What the publish check finds. Pure. */
import { JobFailure } from '../job-failure.ts';

/** What the check finds: a rule of the specifications that does not hold. */
export type Violation = {
  /** Rule id, stable. */
  rule: string;
  /** Track, chunk or segment. */
  where: string;
  message: string;
};

/** A rule, whether it holds, and what to say where it does not. */
export type CheckedRule = [rule: string, holds: boolean, message: string];

export const brokenRules = (where: string, rules: readonly CheckedRule[]): Violation[] =>
  rules.filter(([, holds]) => !holds).map(([rule, , message]) => ({ rule, where, message }));

/** Fails the job with `check_failed`, naming every rule broken and where, as far as they fit. */
export function requireNone(violations: readonly Violation[]): void {
  if (violations.length > 0) {
    const told = violations.map(({ rule, where, message }) => `[${rule}] ${where}: ${message}`).join('; ');
    throw new JobFailure('check_failed', told);
  }
}
