/** `sluice follow`: the progress of an encode, until it ends. */
import { type Api, ApiError } from '../api.ts';
import type { Schemas } from '../api-types.ts';
import { followJob } from '../follow-job.ts';
import { apiOf, type Command, type Context, only, parsed } from './command.ts';

const HELP = `sluice follow ASSET|JOB [options]: show the progress of an encode until it ends

  --json         one line of JSON when it has ended: the asset, or the job

Exit code 1 if the encode failed.
`;

export const follow: Command = {
  help: HELP,
  interrupted: 'Interrupted. The encode goes on.',
  async run(context) {
    const { positionals } = parsed(context.args, {});
    const id = only(positionals, 'ID of an asset or a job');
    const api = apiOf(context);
    const asset = await api.call('GET /assets/{id}', { path: { id } }).catch(unless404);
    return asset === null ? followToEnd(context, api, id) : followAsset(context, api, asset);
  },
};

function unless404(error: unknown): null {
  if (error instanceof ApiError && error.status === 404) {
    return null;
  }
  throw error;
}

type Asset = Pick<Schemas['Asset'], 'id' | 'title' | 'job' | 'status' | 'ready'>;

/** Follows the asset's latest job, then tells what became of the asset. Resolves with whether it plays. */
export async function followAsset(context: Context, api: Api, before: Asset): Promise<boolean> {
  const { id, title, job } = before;
  if (context.showsProgress && before.status !== 'ready' && before.ready !== 'no') {
    context.display.print(`plays ${id} ${title}`);
  }
  if (job !== null) {
    await showJob(context, api, job.id, { id, title });
  }
  const asset = await api.call('GET /assets/{id}', { path: { id } });
  const why = asset.error === null ? '' : ` ${asset.error.code}: ${asset.error.message}`;
  context.tell(asset, [`${asset.status} ${id} ${asset.title}${why}`, ...asset.warnings.map(warningLine)]);
  return asset.status === 'ready';
}

async function followToEnd(context: Context, api: Api, id: string): Promise<boolean> {
  // Fails for what is neither: a stream of a job that does not exist just ends.
  await api.call('GET /jobs/{id}', { path: { id } });
  await showJob(context, api, id, { id, title: id });
  const job = await api.call('GET /jobs/{id}', { path: { id } });
  const why = job.error === null ? '' : ` ${job.error.code}: ${job.error.message}`;
  context.tell(job, [`${job.status} ${id}${why}`, ...job.warnings.map(warningLine)]);
  return job.status === 'done';
}

/** `shown`: what was asked for, so that a line's ID can be used in the next command. */
async function showJob(context: Context, api: Api, job: string, shown: { id: string; title: string }): Promise<void> {
  const { display, signal, showsProgress } = context;
  const show = (progress: Schemas['JobProgress']) => {
    if (showsProgress) {
      display.show([{ ...progress, ...shown, status: 'encoding' }]);
    }
  };
  await followJob(api, job, show, signal);
  display.show([]);
  signal.throwIfAborted();
}

const warningLine = ({ code, message, at }: Schemas['Warning']): string =>
  `warning ${code}${at === undefined ? '' : ` at ${at.toFixed(2)} s`}: ${message}`;
