/** Runs the crons of wrangler.toml, which workerd alone does not. Times are UTC, as on Cloudflare. */

const MINUTE_MS = 60_000;

/** The value of each field of a cron: minute, hour, day of the month, month, day of the week (0 is Sunday). */
const FIELDS: readonly ((at: Date) => number)[] = [
  (at) => at.getUTCMinutes(),
  (at) => at.getUTCHours(),
  (at) => at.getUTCDate(),
  (at) => at.getUTCMonth() + 1,
  (at) => at.getUTCDay(),
];

/**
 * Supports `*` and numbers, which is all that wrangler.toml uses. Throws for anything else instead of never running it.
 */
export function isDue(cron: string, at: Date): boolean {
  const fields = cron.split(' ');
  if (fields.length !== FIELDS.length || !fields.every((field) => /^(\*|\d{1,2})$/.test(field))) {
    throw new Error(`the cron "${cron}" is not supported locally: each field must be * or a number`);
  }
  return fields.every((field, index) => field === '*' || Number(field) === FIELDS[index]?.(at));
}

/** At the start of each minute, calls `run` for each cron that is due, unless its previous run is still under way. */
export function startCrons(crons: readonly string[], run: (cron: string) => Promise<void>): void {
  const running = new Set<string>();
  const runDue = (at: Date) => {
    for (const cron of crons.filter((candidate) => isDue(candidate, at) && !running.has(candidate))) {
      running.add(cron);
      void run(cron).finally(() => running.delete(cron));
    }
  };
  const plan = () => {
    setTimeout(
      () => {
        plan();
        runDue(new Date());
      },
      MINUTE_MS - (Date.now() % MINUTE_MS),
    ).unref();
  };
  for (const cron of crons) {
    isDue(cron, new Date());
  }
  plan();
}
