/** Ctrl-C: the first one ends the process cleanly, the second one at once. */

/** The terminal signals the whole process group and npm passes the signal on, so one Ctrl-C may arrive twice. */
export const SAME_SIGNAL_MS = 500;
/** The exit code that a shell reports for a program ended by SIGINT. */
const INTERRUPTED = 130;

/** Aborts at the first signal. A second one ends this process at once; its children notice that and end too. */
export function stopOnSignal(): AbortController {
  const stop = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    if (!stop.signal.aborted) {
      firstAt = performance.now();
      stop.abort();
    } else if (firstAt === 0 || performance.now() - firstAt > SAME_SIGNAL_MS) {
      process.exit(INTERRUPTED);
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, onSignal);
  }
  return stop;
}
