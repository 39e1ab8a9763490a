/** What `npm start` follows: assets that come, get ready, and are deleted meanwhile. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createClient } from '../../client/api.ts';
import type { Display, ProgressItem } from '../../client/cli/progress.ts';
import { watchAssets } from '../../scripts/watch-assets.ts';

let server: Server;
let answers: (path: string) => { status: number; body: unknown };

beforeEach(async () => {
  server = createServer((request, response) => {
    const { status, body } = answers(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const asset = (id: string, status: string, ready = status === 'ready' ? 'full' : 'no') => ({
  ...{ id, title: id, status, ready, progress: 0, job: null, warnings: [] },
});
const gone = { status: 404, body: { code: 'asset_not_found' } };

/** Runs until the display shows nothing under way, after something was. */
async function watch(): Promise<string[]> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const said: string[] = [];
  const stop = new AbortController();
  let was = 0;
  const display: Display = {
    print: (line) => said.push(line),
    printError: (line) => said.push(line),
    show(items: readonly ProgressItem[]) {
      if (items.length === 0 && was > 0) {
        stop.abort();
      }
      was = items.length;
    },
  };
  await watchAssets(createClient({ server: url, token: 'token' }), display, stop.signal, () => false);
  return said;
}

it('lets go of an asset under way that is deleted', async () => {
  let polls = 0;
  answers = (path) => {
    if (!path.startsWith('/v1/assets?')) {
      return gone;
    }
    polls += 1;
    return { status: 200, body: { assets: polls === 1 ? [asset('a', 'encoding')] : [] } };
  };
  expect(await watch()).toEqual([]);
  expect(polls).toBe(2);
});

it('says nothing of one that is deleted as it gets ready', async () => {
  let polls = 0;
  answers = (path) => {
    if (!path.startsWith('/v1/assets?')) {
      return gone;
    }
    polls += 1;
    return { status: 200, body: { assets: [asset('a', polls === 1 ? 'encoding' : 'ready')] } };
  };
  expect(await watch()).toEqual([]);
  expect(polls).toBe(2);
});

it('prints the warnings of one that gets ready', async () => {
  const warnings = [
    { code: 'picture_held', message: 'Held for 2 s', at: 12.345 },
    { code: 'hdr_to_sdr', message: 'HDR' },
  ];
  let polls = 0;
  answers = (path) => {
    if (!path.startsWith('/v1/assets?')) {
      return { status: 200, body: { hls: 'http://hls', watch: 'http://watch' } };
    }
    polls += 1;
    return { status: 200, body: { assets: [{ ...asset('a', polls === 1 ? 'encoding' : 'ready'), warnings }] } };
  };
  expect((await watch()).slice(1)).toEqual([
    'warning a picture_held at 12.35 s: Held for 2 s',
    'warning a hdr_to_sdr: HDR',
  ]);
});

it('prints the link of one that plays, from its source or in part, at once and only once', async () => {
  const polls = [
    [asset('a', 'queued'), asset('b', 'queued')],
    [asset('b', 'encoding', 'partial'), asset('a', 'encoding', 'source')],
    [asset('b', 'ready'), asset('a', 'ready')],
  ];
  answers = (path) =>
    path.startsWith('/v1/assets?')
      ? { status: 200, body: { assets: polls.shift() } }
      : { status: 200, body: { hls: 'http://hls', watch: `http://watch/${polls.length}` } };
  expect(await watch()).toEqual(['watch a http://watch/1', 'watch b http://watch/1', 'encoded a', 'encoded b']);
});
