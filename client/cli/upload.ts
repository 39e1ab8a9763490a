/** `sluice upload`: files become assets. Run again after an interruption, it goes on where it stopped. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import type { Api } from '../api.ts';
import { lookText } from '../look-text.ts';
import { type NewAsset, uploadFile } from '../upload.ts';
import { apiOf, type Command, type Context, parsed, UsageError } from './command.ts';
import { failureOf } from './failure.ts';
import { followAsset } from './follow.ts';
import { createUploadStore } from './upload-store.ts';

const HELP = `sluice upload FILE… [options]: upload films, each of which becomes an asset

  --title TITLE      of one file; the file name without its extension by default
  --policy POLICY    signed (default): plays by signed links; public: plays by its ID
  --tag TAG          repeat it for several
  --follow           then show the encode until the film is ready
  --json             a line of JSON for each file: {file, upload, asset}

After an interruption (Ctrl-C, a lost network, a closed lid) the same command goes on where it stopped, within a day.
Uploads under way are kept in $XDG_STATE_HOME/sluice, by default ~/.local/state/sluice.
`;

const OPTIONS = {
  title: { type: 'string' },
  policy: { type: 'string' },
  tag: { type: 'string', multiple: true },
  follow: { type: 'boolean' },
} as const;

export const upload: Command = {
  help: HELP,
  interrupted: 'Interrupted. The same command goes on where it stopped.',
  async run(context) {
    const { values, positionals } = parsed(context.args, OPTIONS);
    if (positionals.length === 0) {
      throw new UsageError('Give at least one file.');
    }
    if (values.title !== undefined && positionals.length > 1) {
      throw new UsageError('--title is of one file.');
    }
    await checkFiles(positionals);
    const api = apiOf(context);
    const asset = assetOf(values);
    let isFine = true;
    for (const path of positionals) {
      isFine = (await uploadOne(context, api, { path, asset, follows: values.follow === true })) && isFine;
    }
    return isFine;
  },
};

/** Before the first of them is sent. */
async function checkFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const facts = await stat(path).catch(() => null);
    if (facts === null || !facts.isFile()) {
      throw new UsageError(`There is no file ${path}.`);
    }
    if (facts.size === 0) {
      throw new UsageError(`${path} is empty.`);
    }
  }
}

type Values = { title?: string | undefined; policy?: string | undefined; tag?: string[] | undefined };

function assetOf({ title, policy, tag }: Values): NewAsset {
  if (policy !== undefined && policy !== 'signed' && policy !== 'public') {
    throw new UsageError(`--policy is signed or public, not ${policy}.`);
  }
  return {
    ...(title === undefined ? {} : { title }),
    ...(policy === undefined ? {} : { policy }),
    ...(tag === undefined ? {} : { tags: tag }),
  };
}

type Job = { path: string; asset: NewAsset; follows: boolean };

/** One file that fails does not stop the others. */
async function uploadOne(context: Context, api: Api, { path, asset, follows }: Job): Promise<boolean> {
  const { display, signal } = context;
  try {
    const uploaded = await uploadFile({
      ...api.access,
      file: createReadStream(path),
      fileName: basename(path),
      asset,
      signal,
      onProgress: progressOf(context, path),
      onLook(look) {
        if (context.showsProgress) {
          display.print(`${path} ${lookText(look)}`);
        }
      },
      urlStorage: createUploadStore(stateDirOf(context)),
    });
    display.show([]);
    context.tell({ file: path, ...uploaded }, [`uploaded ${path} as asset ${uploaded.asset}`]);
    if (!follows || uploaded.asset === null) {
      return true;
    }
    return followAsset(context, api, await api.call('GET /assets/{id}', { path: { id: uploaded.asset } }));
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    display.show([]);
    const { message, ...failure } = failureOf(error, api.access.server);
    display.printError(
      context.showsProgress
        ? `error: ${path}: ${message}`
        : JSON.stringify({ file: path, error: { ...failure, message } }),
    );
    return false;
  }
}

/** A line that is drawn anew: speed and time left of what this run sends. */
function progressOf({ display, showsProgress }: Context, path: string): (sent: number, total: number) => void {
  let begin: { bytes: number; ms: number } | undefined;
  return (sent, total) => {
    begin ??= { bytes: sent, ms: performance.now() };
    const bytesPerSecond = ((sent - begin.bytes) * 1000) / Math.max(1, performance.now() - begin.ms);
    if (showsProgress) {
      const known = bytesPerSecond > 0;
      display.show([
        {
          id: basename(path),
          title: basename(path),
          status: 'uploading',
          progress: total === 0 ? 0 : sent / total,
          ...(known ? { rate: `${(bytesPerSecond / 1e6).toFixed(1)} MB/s` } : {}),
          etaSeconds: known ? (total - sent) / bytesPerSecond : null,
        },
      ]);
    }
  };
}

/** XDG Base Directory Specification: a path that is not absolute counts as not set. */
function stateDirOf({ env }: Context): string {
  const home = env['XDG_STATE_HOME'] ?? '';
  return join(isAbsolute(home) ? home : join(homedir(), '.local/state'), 'sluice/uploads');
}
