/** Errors of bindings that can be told apart by their text only. If the runtime changes a text, a test fails. */

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** D1: the reason that a trigger gives with `RAISE(ABORT, reason)`. Null for any other error. */
export const raisedReasonOf = (error: unknown): string | null =>
  /\bD1_ERROR: (\w+)(?::|$)/.exec(textOf(error))?.[1] ?? null;

/** Workflows: `get` of an id that no instance has. */
export const isInstanceMissing = (error: unknown): boolean => textOf(error).includes('instance.not_found');

/** Workflows: `create` with the id of an instance that exists. */
export const isInstanceKnown = (error: unknown): boolean => textOf(error).includes('instance.already_exists');

/** R2: the code at the end of the message (https://developers.cloudflare.com/r2/api/error-codes/). */
export function bucketErrorOf(error: unknown): number | null {
  const [, code] = /\((\d{5})\)$/.exec(textOf(error)) ?? [];
  return code === undefined ? null : Number(code);
}

/** A request body: its client has gone away. */
export const isConnectionLost = (error: unknown): boolean => textOf(error).startsWith('Network connection lost');
