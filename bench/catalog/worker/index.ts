/** The real Worker with additions for bench/catalog.ts: assets in bulk, and the time that a list takes by itself. */
import { countFacets } from '../../../src/catalog/facets.ts';
import { type AssetQuery, listAssets } from '../../../src/catalog/list-assets.ts';
import { indexTexts } from '../../../src/catalog/text-index.ts';
import type { Env } from '../../../src/env.ts';
import worker from '../../../src/index.ts';

export * from '../../../src/index.ts';

type Fill = { rows: object[] };
type Ask = { query: AssetQuery | 'facets'; rounds: number };

/** The triggers do what they do for one asset. */
async function fill({ CATALOG }: Env, { rows }: Fill): Promise<Response> {
  await CATALOG.prepare(
    `INSERT INTO assets (id, title, description, tags, categories, creator_id, policy, status, ready, warnings, source_key,
       created_at, updated_at)
     SELECT value ->> 'id', value ->> 'title', value ->> 'description', value ->> 'tags', value ->> 'categories',
       value ->> 'creator', value ->> 'policy', value ->> 'status', 'full', value ->> 'warnings', 'sources/x/x.mp4',
       value ->> 'at', value ->> 'at' FROM json_each(?1)`,
  )
    .bind(JSON.stringify(rows))
    .run();
  await indexTexts(CATALOG);
  return new Response(null, { status: 204 });
}

/** Clocks advance with each answer of D1. */
async function ask({ CATALOG }: Env, { query, rounds }: Ask): Promise<Response> {
  const times: number[] = [];
  let found = 0;
  let last: unknown = null;
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    const rows = query === 'facets' ? await countFacets(CATALOG) : await listAssets(CATALOG, query);
    times.push(performance.now() - startedMs);
    found = rows.length;
    last = rows.at(-1) ?? null;
  }
  return Response.json({ times, found, last });
}

export default {
  async fetch(request, env, context) {
    switch (new URL(request.url).pathname) {
      case '/bench/fill':
        return await fill(env, await request.json<Fill>());
      case '/bench/ask':
        return await ask(env, await request.json<Ask>());
      default:
        return await worker.fetch(request, env, context);
    }
  },
} satisfies ExportedHandler<Env>;
