/** The real Worker with a bucket and a catalog that can be made to fail (bench/chaos.ts). */
import type { Env } from '../../../src/env.ts';
import worker, {
  GarbageCollector as Collecting,
  ViewCounter as Counting,
  DeliveryLanes as Delivering,
  EncodeWorkflow as Encoding,
} from '../../../src/index.ts';
import { changedOnce } from '../../per-env.ts';
import { failingBucket, failingCatalog, modes } from './failing-store.ts';

export * from '../../../src/index.ts';

const fragile = changedOnce<Env>(({ MEDIA, CATALOG }) => ({
  MEDIA: failingBucket(MEDIA),
  CATALOG: failingCatalog(CATALOG),
}));

export class EncodeWorkflow extends Encoding {
  constructor(context: ExecutionContext, env: Env) {
    super(context, fragile(env));
  }
}

export class GarbageCollector extends Collecting {
  constructor(context: DurableObjectState, env: Env) {
    super(context, fragile(env));
  }
}

export class DeliveryLanes extends Delivering {
  constructor(context: ExecutionContext, env: Env) {
    super(context, fragile(env));
  }
}

export class ViewCounter extends Counting {
  constructor(context: DurableObjectState, env: Env) {
    super(context, fragile(env));
  }
}

export default {
  queue: worker.queue,
  scheduled: (controller, env) => worker.scheduled(controller, fragile(env)),
  async fetch(request, env, context) {
    if (new URL(request.url).pathname === '/bench/stores') {
      Object.assign(modes, await request.json());
      return Response.json(modes);
    }
    return await worker.fetch(request, fragile(env), context);
  },
} satisfies ExportedHandler<Env>;
