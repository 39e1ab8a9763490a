/** Runs what wrangler.toml plans by the minute, which workerd does not do by itself. Times are UTC, as on Cloudflare. */

const MINUTE_MS = 60_000;

/** Of the five fields of a cron: minute, hour, day of the month, month, day of the week (0 is Sunday). */
const FIELDS: readonly ((at: Date) => number)[] = [
  (at) => at.getUTCMinutes(),
  (at) => at.getUTCHours(),
  (at) => at.getUTCDate(),
  (at) => at.getUTCMonth() + 1,
  (at) => at.getUTCDay(),
];

/** As far as wrangler.toml goes: `*` and numbers. Throws for anything else, so that nothing is planned and never run. */
export function isDue(cron: string, at: Date): boolean {
  const fields = cron.split(' ');
  if (fields.length !== FIELDS.length || !fields.every((field) => /^(\*|\d{1,2})$/.test(field))) {
    throw new Error(`the cron "${cron}" is not one that runs locally: write * or a number for each field`);
  }
  return fields.every((field, index) => field === '*' || Number(field) === FIELDS[index]?.(at));
}

/** Calls `run` for each cron that is due, at the beginning of each minute. One that takes longer is not run twice at once. */
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
