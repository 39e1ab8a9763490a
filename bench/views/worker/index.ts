/** The Worker of `npm run bench -- views`: one instance has the counters, the others generate load. */
import { counterName, DIMENSIONS } from '../../../src/analytics/facts.ts';
import { FILMS } from '../audience.ts';
import type { AssetAnswer, Chunk } from '../chunks.ts';
import { type BilledObjects, HOT_ASSET, type LoadOrder } from '../load-order.ts';
import type { ReplayOrder } from '../replay-order.ts';
import { type CounterEnv, NaiveCounter, ViewCounter, viewBillsSoFar } from './counters.ts';
import { Generator, type GeneratorEnv } from './generator.ts';
import { replay } from './replay.ts';
import { TruthIsolate } from './truth-isolate.ts';

export { NaiveCounter, ViewCounter };

type BenchEnv = Omit<CounterEnv, 'VIEWS'> &
  GeneratorEnv & { VIEWS: DurableObjectNamespace<ViewCounter>; NAIVE: DurableObjectNamespace<NaiveCounter> };

const ROUTES: Readonly<Record<string, (body: never, env: BenchEnv) => Promise<unknown>>> = {
  '/chunk': playChunk,
  '/asset': askAsset,
  '/load': runLoad,
  '/billed': askBilled,
  '/replay': (order: ReplayOrder, env) => replay(order, env, viewBillsSoFar),
};

export default {
  async fetch(request, env) {
    const route = ROUTES[new URL(request.url).pathname];
    if (route === undefined) {
      return new Response(null, { status: 404 });
    }
    try {
      return Response.json(await route((await request.json()) as never, env));
    } catch (error) {
      return new Response(error instanceof Error ? (error.stack ?? error.message) : String(error), { status: 500 });
    }
  },
} satisfies ExportedHandler<BenchEnv>;

const isolates = new Map<number, TruthIsolate>();

async function playChunk(chunk: Chunk, env: BenchEnv) {
  let isolate = isolates.get(chunk.isolate);
  if (isolate === undefined || isolate.isDead) {
    isolate = new TruthIsolate({
      record: ({ assetId, shard }, batchJson) =>
        env.VIEWS.get(env.VIEWS.idFromName(counterName(assetId, shard))).record(batchJson),
      sessionSecret: env.SESSION_SECRET,
      viewSeconds: Number(env.VIEW_SECONDS),
    });
    isolates.set(chunk.isolate, isolate);
  }
  return isolate.play(chunk);
}

async function askAsset({ assetId }: { assetId: string }, { VIEWS }: BenchEnv): Promise<AssetAnswer> {
  const root = VIEWS.get(VIEWS.idFromName(counterName(assetId, 0)));
  const versions = FILMS.filter((film) => film.assetId === assetId).map(({ version }) => version);
  const series: Partial<AssetAnswer['series']> = {};
  const dayMs = 86_400_000;
  for (const by of DIMENSIONS) {
    const now = Date.now();
    series[by] = await root.series({ fromMs: now - dayMs, toMs: now + dayMs, resolution: 'day', by });
  }
  const retention: AssetAnswer['retention'] = [];
  for (const version of versions) {
    retention.push(await root.retention(version));
  }
  return { live: await root.live(), retention, series: series as AssetAnswer['series'] };
}

let generator: Generator | null = null;

async function runLoad(order: LoadOrder, env: BenchEnv) {
  generator ??= new Generator(env, order);
  return generator.run(order);
}

async function askBilled({ naive }: { naive: boolean }, env: BenchEnv): Promise<BilledObjects> {
  const namespace = naive ? env.NAIVE : env.VIEWS;
  return (namespace.get(namespace.idFromName(HOT_ASSET)) as unknown as NaiveCounter).billed();
}
