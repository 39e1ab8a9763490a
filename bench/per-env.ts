/** Bindings that a benchmark's or a test's Worker replaces by its own. */

/** One changed environment for each that the runtime gives: the Worker remembers things by it. */
export function changedOnce<E extends object>(change: (env: E) => Partial<E>): (env: E) => E {
  const changed = new WeakMap<E, E>();
  return (env) => {
    const known = changed.get(env);
    const made = known ?? { ...env, ...change(env) };
    if (known === undefined) {
      changed.set(env, made);
    }
    return made;
  };
}
