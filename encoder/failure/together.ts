/** Several workers on one piece of work: the first failure stops the others, and nothing goes on after the call has ended. */

/** Runs `work` `count` times at once. Throws what failed first, or the reason of `signal`; by then all have stopped. */
export async function runTogether(
  count: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const together = AbortSignal.any([signal, failed.signal]);
  await Promise.all(
    Array.from({ length: count }, () =>
      work(together).catch((error: unknown) => {
        failed.abort(error);
      }),
    ),
  );
  failed.signal.throwIfAborted();
}
