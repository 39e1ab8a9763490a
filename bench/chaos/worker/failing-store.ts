/** Bindings of R2 and D1 whose calls fail on command. */

/**
 * `lose`: the call is executed, but its answer is lost. `hang`: it waits until the store is open and is executed late.
 */
const MODES = ['open', 'refuse', 'lose', 'hang'] as const;
export type Mode = (typeof MODES)[number];

const POLL_MS = 50;

/** State of the isolate, which all requests and objects of a local Worker share. */
export const modes: { bucket: Mode; catalog: Mode } = { bucket: 'open', catalog: 'open' };
type StoreName = keyof typeof modes;

async function through<T>(store: StoreName, call: () => Promise<T>): Promise<T> {
  // Each request polls, because a promise of one request cannot wake another.
  while (modes[store] === 'hang') {
    await scheduler.wait(POLL_MS);
  }
  if (modes[store] === 'refuse') {
    throw new Error(`the ${store} refuses the call`);
  }
  const answer = await call();
  if (modes[store] === 'lose') {
    throw new Error(`the ${store}'s answer is lost`);
  }
  return answer;
}

type Method = (...args: unknown[]) => unknown;

/** Wraps the named methods of a binding, which must return promises. */
function failing<T extends object>(binding: T, store: StoreName, methods: readonly string[]): T {
  return new Proxy(binding, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') {
        return value;
      }
      const method = (...args: unknown[]) => (value as Method).apply(target, args);
      return methods.includes(String(name))
        ? (...args: unknown[]) => through(store, async () => await method(...args))
        : method;
    },
  });
}

export const failingBucket = (bucket: R2Bucket): R2Bucket =>
  failing(bucket, 'bucket', ['head', 'get', 'put', 'delete', 'list']);

export function failingCatalog(catalog: D1Database): D1Database {
  /** A batch needs the original statements. */
  const plain = new WeakMap<D1PreparedStatement, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const bound = { bind: (...values: unknown[]) => wrap(statement.bind(...values)) };
    const wrapped = replaced(failing(statement, 'catalog', ['first', 'run', 'all', 'raw']), bound);
    plain.set(wrapped, statement);
    return wrapped;
  };
  return replaced(catalog, {
    prepare: (query: string) => wrap(catalog.prepare(query)),
    batch: (statements: D1PreparedStatement[]) =>
      through('catalog', () => catalog.batch(statements.map((statement) => plain.get(statement) ?? statement))),
  });
}

const replaced = <T extends object>(binding: T, methods: Readonly<Record<string, unknown>>): T =>
  new Proxy(binding, { get: (target, name) => methods[String(name)] ?? Reflect.get(target, name) });
