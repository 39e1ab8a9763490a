/** The encoder as a process, as it runs in a container: whatever happens to it, nothing stays on disk and no secret is told. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { TaskInput } from '../../src/protocol/task-kinds.ts';
import { type Exchange, type FakeServer, inTurn, type Reply, until, withServer } from './fake-server.ts';
import { GRANT, GRANTED, LEASE_SECRET, leaseOf, TOKEN } from './lease/leases.ts';
import { makeManyTinyFrames } from './media/bombs.ts';
import { makeSource, planOf } from './media/media-fixtures.ts';

const MAIN = fileURLToPath(new URL('../../encoder/main.ts', import.meta.url));
/** Of earlier versions: not used, not told. */
const S3_URL = 'https://key-id-0123456789:s3-secret-0123456789@bucket.example/media';

type Running = {
  server: FakeServer;
  workFolder: string;
  kill: (signal: NodeJS.Signals) => void;
  ended: Promise<number>;
};

/** Runs an encoder against a server that is both board and bucket. */
async function withEncoder(
  answer: (exchange: Exchange) => Reply | Promise<Reply>,
  use: (running: Running) => Promise<void>,
): Promise<void> {
  const workFolder = await mkdtemp(join(tmpdir(), 'sluice-main-'));
  await withServer(answer, async (server) => {
    const env = {
      PATH: process.env['PATH'],
      SLUICE_URL: server.url,
      ENCODER_TOKEN: TOKEN,
      S3_URL,
      WORK_DIR: workFolder,
      ENCODER_SLOTS: '2',
    };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const ended = once(child, 'close').then(([code]) => Number(code));
    try {
      await use({ server, workFolder, kill: (signal) => child.kill(signal), ended });
      expect(await readdir(workFolder)).toEqual([]);
      expect(output).toContain('encoder_stopped');
      expect(output).toContain('keys_not_needed');
      for (const secret of [TOKEN, LEASE_SECRET, GRANT, 's3-secret-0123456789', 'key-id-0123456789']) {
        expect(output).not.toContain(secret);
      }
    } finally {
      child.kill('SIGKILL');
      await ended;
      await rm(workFolder, { recursive: true, force: true });
    }
  });
}

const reportOf = ({ exchanges }: FakeServer, call: string) =>
  JSON.parse(String(exchanges.find(({ path }) => path.endsWith(call))?.body ?? 'null'));

/** One task, then none; the source from the bucket; every object is taken and every report, too. */
function serve(input: TaskInput, source: (exchange: Exchange) => Reply): (exchange: Exchange) => Reply {
  const task = { id: 'task-1', attempt: '1', input };
  const lease = inTurn(
    { status: 200, headers: GRANTED, body: JSON.stringify(leaseOf('task-1', { task })) },
    { status: 204 },
  );
  return (exchange) => {
    if (exchange.path.endsWith('/lease')) {
      return lease();
    }
    if (exchange.path.endsWith('/heartbeat')) {
      return { status: 200, body: '{"cancel":false}' };
    }
    return exchange.path.endsWith('/source') ? source(exchange) : { status: 204 };
  };
}

const INSPECT: TaskInput = { kind: 'inspect', source: { key: 'sources/x/film.mp4', sizeBytes: 100 } };

/** A chunk task of a real clip, and the bucket that has it. */
async function chunkOf(seconds: number): Promise<{ input: TaskInput; source: (exchange: Exchange) => Reply }> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-clip-'));
  try {
    const path = join(folder, 'clip.mkv');
    makeSource(path, '25', seconds);
    const { video, chunks } = await planOf(path, 100);
    const [chunk] = chunks;
    if (chunk === undefined) {
      throw new Error('no chunk');
    }
    const body = await readFile(path);
    const object = { key: 'sources/x/clip.mkv', sizeBytes: body.length };
    return {
      input: { kind: 'chunk', source: object, assetId: 'a'.repeat(20), version: 'v'.repeat(12), video, chunk },
      source: ({ method }) => ({ status: method === 'HEAD' ? 200 : 206, body }),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A folder that goes away while it is read is of a task that has ended. */
const isEncoding = async (workFolder: string): Promise<boolean> =>
  (await readdir(workFolder, { recursive: true }).catch(() => [])).some((path) => /task-.*mp4$/.test(path));

async function untilEncoding(workFolder: string): Promise<void> {
  let seen = false;
  await until(() => {
    void isEncoding(workFolder).then((is) => {
      seen ||= is;
    });
    return seen;
  });
}

describe('an encoder process', () => {
  test('does a chunk, uploads it, reports it, and stops when told', async () => {
    const { input, source } = await chunkOf(1);
    await withEncoder(serve(input, source), async ({ server, workFolder, kill, ended }) => {
      await until(() => server.count('POST', '/complete') === 1);
      expect(reportOf(server, '/complete').result.tracks).toHaveLength(1);
      expect(server.count('PUT', '.m4s')).toBe(1);
      const left = await readdir(workFolder, { recursive: true });
      expect(left.filter((path) => path.includes('task-'))).toEqual([]);
      kill('SIGTERM');
      expect(await ended).toBe(0);
    });
  });

  test('stopped in the middle of an encode, it hands the task back', async () => {
    const { input, source } = await chunkOf(120);
    await withEncoder(serve(input, source), async ({ server, workFolder, kill, ended }) => {
      await untilEncoding(workFolder);
      kill('SIGINT');
      expect(await ended).toBe(0);
      expect(reportOf(server, '/fail').error.code).toBe('handed_back');
    });
  });

  test('told to drain during the upload, it finishes the task', async () => {
    const { input, source } = await chunkOf(1);
    let signalled = (): void => {};
    const isSignalled = new Promise<void>((resolve) => {
      signalled = resolve;
    });
    const answer = serve(input, source);
    const slow = async (exchange: Exchange): Promise<Reply> => {
      if (exchange.path.includes('.m4s')) {
        await isSignalled;
      }
      return answer(exchange);
    };
    await withEncoder(slow, async ({ server, kill, ended }) => {
      await until(() => server.count('PUT', '.m4s') === 1);
      kill('SIGTERM');
      const leases = server.count('POST', '/lease');
      signalled();
      expect(await ended).toBe(0);
      expect(server.count('POST', '/complete')).toBe(1);
      expect(server.count('POST', '/fail')).toBe(0);
      expect(server.count('POST', '/lease') - leases).toBeLessThanOrEqual(1);
    });
  });

  test('a bomb ends as a typed error, and the next task is done', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-bomb-'));
    const path = join(folder, 'bomb.mp4');
    makeManyTinyFrames(path, 20_000);
    const bomb = await readFile(path);
    await rm(folder, { recursive: true, force: true });
    const { input, source } = await chunkOf(1);
    const key = 'sources/x/bomb.mp4';
    const inspect: TaskInput = { kind: 'inspect', source: { key, sizeBytes: bomb.length } };
    const lease = inTurn(
      {
        status: 200,
        headers: GRANTED,
        body: JSON.stringify(leaseOf('bomb', { task: { id: 'bomb', attempt: '1', input: inspect } })),
      },
      {
        status: 200,
        headers: GRANTED,
        body: JSON.stringify(leaseOf('next', { task: { id: 'next', attempt: '1', input } })),
      },
      { status: 204 },
    );
    const others = serve(input, ({ method, path: at, ...rest }) =>
      at.includes('/bomb/')
        ? { status: method === 'HEAD' ? 200 : 206, body: bomb }
        : source({ method, path: at, ...rest }),
    );
    const answer = (exchange: Exchange): Reply => (exchange.path.endsWith('/lease') ? lease() : others(exchange));
    await withEncoder(answer, async ({ server, kill, ended }) => {
      await until(() => server.count('POST', 'next/complete') === 1 && server.count('POST', 'bomb/fail') === 1);
      expect(reportOf(server, 'bomb/fail').error.code).toMatch(/^(decode_failed|source_\w+|resource_limit)$/);
      kill('SIGTERM');
      expect(await ended).toBe(0);
    });
  });

  test('stopped in the middle of a download, too', async () => {
    const source = ({ method }: Exchange): Reply =>
      method === 'HEAD' ? { status: 200, body: 'x'.repeat(100) } : 'hang';
    await withEncoder(serve(INSPECT, source), async ({ server, kill, ended }) => {
      await until(() => server.count('GET', '/source') === 1);
      kill('SIGINT');
      expect(await ended).toBe(0);
      expect(reportOf(server, '/fail').error.code).toBe('handed_back');
    });
  });

  test('a lease lost in the middle of an encode ends ffmpeg and clears its folder', async () => {
    const { input, source } = await chunkOf(120);
    let encoding = false;
    const answer = serve(input, source);
    const losing = (exchange: Exchange): Reply =>
      exchange.path.endsWith('/heartbeat') && encoding ? { status: 409 } : answer(exchange);
    await withEncoder(losing, async ({ server, workFolder, kill, ended }) => {
      await untilEncoding(workFolder);
      encoding = true;
      let cleared = false;
      await until(() => {
        void isEncoding(workFolder).then((is) => {
          cleared ||= !is;
        });
        return cleared;
      });
      expect(server.count('POST', '/complete') + server.count('POST', '/fail')).toBe(0);
      kill('SIGTERM');
      expect(await ended).toBe(0);
    });
  });

  test('a source that is no film is a typed failure, and leaves no task folder', async () => {
    const source = ({ method }: Exchange): Reply => ({ status: method === 'HEAD' ? 200 : 206, body: 'x'.repeat(100) });
    await withEncoder(serve(INSPECT, source), async ({ server, kill, ended }) => {
      await until(() => server.count('POST', '/fail') === 1);
      expect(reportOf(server, '/fail').error.code).toBe('source_not_media');
      kill('SIGTERM');
      expect(await ended).toBe(0);
    });
  });

  test('a refused token ends it with status 1, every slot', () =>
    withEncoder(inTurn({ status: 401, body: '{}' }), async ({ ended }) => {
      expect(await ended).toBe(1);
    }));
});
