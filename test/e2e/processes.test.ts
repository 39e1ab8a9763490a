/** `npm start` as a process: what it prints, and that nothing of it is left however it ends. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ROOT } from '../../scripts/system.ts';

const READY_DEADLINE_MS = 60_000;
const GONE_DEADLINE_MS = 15_000;

let stateDir: string;
let started: ChildProcessWithoutNullStreams[] = [];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'sluice-processes-'));
});

afterEach(async () => {
  for (const child of started.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  started = [];
  rmSync(stateDir, { recursive: true, force: true });
});

function start(port: number) {
  const env = { ...process.env, PORT: String(port), STATE_DIR: stateDir, X264_PRESET: 'ultrafast' };
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.ts')], { cwd: ROOT, env });
  started.push(child);
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  return { child, said };
}

async function until<T>(deadlineMs: number, what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = Date.now() + deadlineMs;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) {
      return found;
    }
    await sleep(50);
  }
  throw new Error(`not within ${deadlineMs} ms: ${what}`);
}

const lineOf = (text: string, word: string) => new RegExp(`^${word} (\\S+)$`, 'm').exec(text)?.[1];

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Every process of the group that the Worker's host leads, workerd among them; and whether the address still answers. */
async function untilGone(url: string, hostPid: number): Promise<void> {
  await until(GONE_DEADLINE_MS, 'the host process has ended', () => !isAlive(-hostPid));
  await until(GONE_DEADLINE_MS, 'nobody answers', () =>
    fetch(url)
      .then(() => false)
      .catch(() => true),
  );
}

async function startAndRead() {
  const { child, said } = start(0);
  const url = await until(READY_DEADLINE_MS, `ready; stderr: ${said.stderr}`, () => lineOf(said.stdout, 'ready'));
  const token = await until(READY_DEADLINE_MS, 'token', () => lineOf(said.stdout, 'token'));
  return { child, said, url, token, hostPid: Number(readFileSync(join(stateDir, 'worker.lock'), 'utf8')) };
}

it('prints an address that answers and a token that opens the API, and ends with 0 at SIGINT', async () => {
  const { child, said, url, token, hostPid } = await startAndRead();
  expect((await fetch(new URL('/healthz', url))).status).toBe(200);
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(new URL('/v1/assets', url), { headers })).status).toBe(200);
  expect((await fetch(new URL('/v1/assets', url))).status).toBe(401);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect({ code, stderr: said.stderr }).toEqual({ code: 0, stderr: '' });
  await untilGone(url, hostPid);
});

it('leaves nothing behind when it is killed, and starts again on the same state with the same token', async () => {
  const first = await startAndRead();
  first.child.kill('SIGKILL');
  await untilGone(first.url, first.hostPid);
  const second = await startAndRead();
  expect(second.token).toBe(first.token);
});

it('gives away nothing of the bindings on the development server’s own addresses', async () => {
  const { url } = await startAndRead();
  for (const path of ['r2/buckets', 'd1/database', 'do/namespaces']) {
    expect((await fetch(new URL(`/cdn-cgi/local/explorer/api/${path}`, url))).status).toBe(404);
  }
  const s3 = await fetch(new URL('/cdn-cgi/local/r2/s3/sluice-media?list-type=2', url));
  expect(s3.ok).toBe(false);
});

it('says which port is taken', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as { port: number };
  const { child, said } = start(port);
  const [code] = await once(child, 'exit');
  holder.close();
  expect({ code, ...said }).toEqual({
    code: 1,
    stdout: '',
    stderr: `error: port ${port} is taken; set PORT to another one\n`,
  });
});
