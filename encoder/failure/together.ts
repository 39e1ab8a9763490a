/** Runs `work` `count` times at once. The first failure stops the others. When the call throws, all have ended. */
export async function runTogether(
  count: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const together = AbortSignal.any([signal, failed.signal]);
  await Promise.all(Array.from({ length: count }, () => work(together).catch((error) => failed.abort(error))));
  failed.signal.throwIfAborted();
}
