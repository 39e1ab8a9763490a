/** Applies D1 migrations to the local database, using wrangler's table of applied migrations. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { type Unstable_Config as Config, unstable_splitSqlQuery as splitSqlQuery } from 'wrangler';

/** The table that `wrangler d1 migrations apply` creates, so that the two can be mixed. */
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/**
 * Call this before the Worker starts: a Workflow that a restart resumes must not find the tables of the previous
 * release. Each file is one transaction. When one fails, this throws with its name, and the files before it stay
 * applied.
 */
export async function applyMigrations(config: Config, stateDir: string): Promise<void> {
  for (const database of config.d1_databases) {
    const folder = join(dirname(config.configPath ?? ''), database.migrations_dir ?? 'migrations');
    const names = readdirSync(folder)
      .filter((name) => name.endsWith('.sql'))
      .sort();
    // The id that wrangler's dev server gives a local database.
    const id = database.preview_database_id ?? database.database_id ?? database.binding;
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        modules: true,
        script: '',
        resourcePersistencePath: join(stateDir, 'v3'),
        d1Databases: { DATABASE: id },
      }),
    );
    try {
      await applyTo(await miniflare.getD1Database('DATABASE'), folder, names);
    } finally {
      await miniflare.dispose();
    }
  }
}

type LocalDatabase = Awaited<ReturnType<Miniflare['getD1Database']>>;

async function applyTo(database: LocalDatabase, folder: string, names: string[]): Promise<void> {
  await database.prepare(CREATE_TABLE).run();
  const { results } = await database.prepare('SELECT name FROM d1_migrations').all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  for (const name of names.filter((candidate) => !applied.has(candidate))) {
    const queries = splitSqlQuery(readFileSync(join(folder, name), 'utf8'));
    const record = database.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name);
    try {
      await database.batch([...queries.map((query) => database.prepare(query)), record]);
    } catch (error) {
      throw new Error(`migration ${name} failed`, { cause: error });
    }
  }
}
