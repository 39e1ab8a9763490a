/** Ctrl-C: the first one asks for an end in order, a later one for an end at once. */

/** npm passes on the signal that the terminal has already sent to all of us: one Ctrl-C arrives twice. */
const SAME_SIGNAL_MS = 500;
/** What a shell reports of a program ended by SIGINT. */
const INTERRUPTED = 130;

/** Aborted at the first signal. After a second one this process ends at once, and its children notice by themselves. */
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
