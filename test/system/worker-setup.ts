/** Before each test file inside workerd: storage that holds the catalog's tables and nothing of the file before. */
import { reset, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

const isNamespace = (binding: unknown): binding is DurableObjectNamespace =>
  Object(binding).constructor.name === 'DurableObjectNamespace';

/**
 * `reset` empties only objects that are awake, and they fall asleep after ten quiet seconds: D1 and the bucket, which are
 * objects too, and those of which there is one, `main`. Of others each file has its own.
 */
async function wake(): Promise<void> {
  const namespaces = Object.values(env).filter(isNamespace);
  await Promise.all([
    env.CATALOG.prepare('SELECT 1').run(),
    env.MEDIA.head('none'),
    ...namespaces.map((namespace) => runInDurableObject(namespace.get(namespace.idFromName('main')), () => {})),
  ]);
}

await wake();
await reset();
// All in one call: each takes longer than what it does.
await env.CATALOG.batch(
  env.TEST_MIGRATIONS.flatMap(({ queries }) => queries.map((query) => env.CATALOG.prepare(query))),
);
