/** Before each test file inside workerd: storage that holds the catalog's tables and nothing of the file before. */
import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

await reset();
await applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS);
