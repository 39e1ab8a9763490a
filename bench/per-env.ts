/** Replaces bindings in the Worker of a benchmark or a test. */

/** Changes each environment only once, because the Worker keeps state by environment. */
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
