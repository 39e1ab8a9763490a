/** Before each test file inside workerd: the catalog's tables, in the file's own storage. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

await applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS);
