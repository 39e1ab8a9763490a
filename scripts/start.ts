/** `npm start [-- FILE…]`: the Worker, the console and one encoder on this machine, until Ctrl-C. */
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Api, createClient } from '../client/api.ts';
import { createDisplay, type Display } from '../client/cli/progress.ts';
import { stopOnSignal } from '../client/cli/signals.ts';
import { lookText } from '../client/look-text.ts';
import { ingestFile } from './ingest.ts';
import { keepEncoder } from './keep-encoder.ts';
import { portOf, presetOf, settingsOf, stateDirOf } from './options.ts';
import { ROOT, SAMPLE, type System, startSystem } from './system.ts';
import { watchAssets } from './watch-assets.ts';
import type { LogLine } from './worker-process.ts';

const display = createDisplay(process.stdout, process.stderr);

async function main(): Promise<void> {
  const files = process.argv.slice(2).map((path) => resolve(process.env['INIT_CWD'] ?? '.', path));
  const missing = files.filter((path) => !existsSync(path) || !statSync(path).isFile());
  if (missing.length > 0) {
    throw new Error(`no such file: ${missing.join(', ')}`);
  }
  const stop = stopOnSignal();
  const system = await startSystem({
    port: portOf(process.env),
    stateDir: stateDirOf(process.env, ROOT),
    encoders: 0,
    preset: presetOf(process.env),
    // Frequent heartbeats keep the progress bar moving. The rows that they write cost nothing here.
    vars: { HEARTBEAT_SECONDS: '1', ...settingsOf(process.env) },
    log: logTo(display),
  });
  let died = false;
  void system.ended.then((how) => {
    died = !stop.signal.aborted;
    if (died) {
      display.printError(`the Worker's process ended with ${how}`);
    }
    stop.abort();
  });
  try {
    if (!stop.signal.aborted) {
      await serve(system, files, stop.signal);
    }
  } finally {
    stop.abort();
    display.show([]);
    await system.close();
  }
  process.exit(died ? 1 : 0);
}

async function serve(system: System, files: string[], signal: AbortSignal): Promise<void> {
  // People type `localhost`. The Worker listens on the loopback interface only.
  const url = system.url.replace('127.0.0.1', 'localhost');
  const api = createClient({ server: url, token: system.apiToken });
  display.print(`ready ${url}`);
  display.print(`token ${system.apiToken}`);
  let isUploading = true;
  const work = Promise.all([
    keepEncoder({ start: system.addEncoder, say: display.printError, signal }),
    watchAssets(api, display, signal, () => isUploading),
    ingestAll(api, files, signal).finally(() => {
      isUploading = false;
    }),
  ]);
  // Does not wait for an upload that is under way: it fails when the Worker ends.
  await Promise.race([work, once(signal, 'abort')]);
}

/** Ingests the files one by one. A file that fails does not stop the others. */
async function ingestAll(api: Api, files: string[], signal: AbortSignal): Promise<void> {
  const sources: { path: string; title?: string }[] = files.map((path) => ({ path }));
  if (sources.length === 0 && (await api.call('GET /assets', { query: { limit: 1 } })).assets.length === 0) {
    sources.push({ path: SAMPLE, title: 'Big Buck Bunny' });
  }
  for (const source of sources) {
    if (signal.aborted) {
      return;
    }
    try {
      const onLook = (look: string) => display.print(`${basename(source.path)} ${lookText(look)}`);
      await ingestFile({ ...source, api, onLook });
    } catch (error) {
      if (!signal.aborted) {
        display.printError(`could not ingest ${source.path}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
}

/** Prints errors always, and everything else only if VERBOSE is set. */
function logTo({ print, printError }: Display): (line: LogLine) => void {
  const verbose = (process.env['VERBOSE'] ?? '') !== '';
  return ({ source, level, text }) => {
    if (level === 'error') {
      printError(`${source}: ${text}`);
    } else if (verbose) {
      print(`${source}: ${text}`);
    }
  };
}

main().catch((error: unknown) => {
  display.printError(`error: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
});
