/** `npm start` as a process: what it prints, and that nothing of it is left however it ends. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { expect, it, type TestContext } from 'vitest';
import { holderOf } from '../../../scripts/lock-file.mjs';
import { readSecrets } from '../../../scripts/secrets.ts';
import { ROOT } from '../../../scripts/system.ts';

const READY_DEADLINE_MS = 60_000;
const GONE_DEADLINE_MS = 15_000;

/** Starts systems on one state folder. All that is left of them ends with the test. */
type Home = { stateDir: string; start(port: number): Started };
type Started = { child: ChildProcessWithoutNullStreams; said: { stdout: string; stderr: string } };

function openHome({ onTestFinished }: TestContext): Home {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-processes-'));
  const started: ChildProcessWithoutNullStreams[] = [];
  onTestFinished(async () => {
    for (const child of started.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(stateDir, { recursive: true, force: true });
  });
  return {
    stateDir,
    start(port) {
      const env = { ...process.env, PORT: String(port), STATE_DIR: stateDir, X264_PRESET: 'ultrafast' };
      const child = spawn(process.execPath, [join(ROOT, 'scripts/start.ts')], { cwd: ROOT, env });
      started.push(child);
      const said = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
      return { child, said };
    },
  };
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

async function startAndRead({ start, stateDir }: Home) {
  const { child, said } = start(0);
  const url = await until(READY_DEADLINE_MS, `ready; stderr: ${said.stderr}`, () => lineOf(said.stdout, 'ready'));
  const token = await until(READY_DEADLINE_MS, 'token', () => lineOf(said.stdout, 'token'));
  return { child, said, url, token, hostPid: holderOf(join(stateDir, 'worker.lock')) };
}

it.concurrent('prints an address that answers and a token that opens the API, and ends with 0 at SIGINT', async (context) => {
  const home = openHome(context);
  const { child, said, url, token, hostPid } = await startAndRead(home);
  expect((await fetch(new URL('/healthz', url))).status).toBe(200);
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(new URL('/v1/assets', url), { headers })).status).toBe(200);
  expect((await fetch(new URL('/v1/assets', url))).status).toBe(401);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect({ code, stderr: said.stderr }).toEqual({ code: 0, stderr: '' });
  await untilGone(url, hostPid);
});

it.concurrent('leaves nothing behind when it is killed, and starts again on the same state with the same token', async (context) => {
  const home = openHome(context);
  const first = await startAndRead(home);
  first.child.kill('SIGKILL');
  await untilGone(first.url, first.hostPid);
  const second = await startAndRead(home);
  expect(second.token).toBe(first.token);
});

/** The ports on which a process of this group listens (proc(5)). */
function portsOf(group: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && groupOf(name) === group);
  const sockets = new Set(
    pids.flatMap((pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`))),
  );
  return ['tcp', 'tcp6'].flatMap((kind) =>
    readFileSync(`/proc/net/${kind}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.has(`socket:[${inode}]`))
      .map(([, local = '']) => Number.parseInt(local.split(':').at(-1) ?? '', 16)),
  );
}

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
};

/** State, parent, group, …; nothing of a process that has ended meanwhile. */
function statOf(pid: string): string[] {
  const stat = contentOf(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

const groupOf = (pid: string): number => Number(statOf(pid)[2]);
const commandOf = (pid: string): string => contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

const contentOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** A request as it is written: fetch would put the path straight, and let no Host be chosen. */
async function statusOf(port: number, path: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  const lines = Object.entries({ Host: `127.0.0.1:${port}`, ...headers, Connection: 'close' });
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  return Number(/^HTTP\/1.1 (\d+)/.exec(await text(socket))?.[1]);
}

/** Processes that are children of this one and whose command line has this in it (proc(5)). */
function childrenOf(parent: number, command: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && statOf(name)[1] === String(parent));
  return pids.filter((pid) => statOf(pid)[0] !== 'Z' && commandOf(pid).includes(command)).map(Number);
}

it.concurrent('goes on when workerd or the encoder is killed', async (context) => {
  const home = openHome(context);
  const { child, url, hostPid } = await startAndRead(home);
  for (const [parent, command] of [
    [child.pid ?? -1, 'encoder/main.ts'],
    [hostPid, 'workerd'],
  ] as const) {
    const first = await until(READY_DEADLINE_MS, command, () => childrenOf(parent, command)[0]);
    process.kill(first, 'SIGKILL');
    await until(READY_DEADLINE_MS, `another ${command}`, () =>
      childrenOf(parent, command).some((pid) => pid !== first),
    );
  }
  await until(READY_DEADLINE_MS, 'it answers', async () => (await fetch(new URL('/healthz', url))).ok);
  expect(child.exitCode).toBeNull();
});

it.concurrent('gives away nothing without a token, on any port that it opens', async (context) => {
  const home = openHome(context);
  const { url, hostPid } = await startAndRead(home);
  const object = new URL('/cdn-cgi/local/r2/s3/sluice-media/edge/secret.json', url);
  const secrets = readSecrets(home.stateDir);
  const s3 = new AwsClient({
    ...{ accessKeyId: secrets?.s3AccessKeyId ?? '', secretAccessKey: secrets?.s3SecretAccessKey ?? '' },
    ...{ service: 's3', region: 'auto' },
  });
  expect((await s3.fetch(object, { method: 'PUT', body: '{}' })).status).toBe(200);
  const presigned = await s3.sign(new URL(`${object}?X-Amz-Expires=60`), { aws: { signQuery: true } });
  expect(await (await fetch(presigned.url)).text()).toBe('{}');

  const ports = portsOf(hostPid);
  expect(ports).toContain(Number(new URL(url).port));
  const stored = 'r2/public/sluice-media/edge/secret.json';
  const paths = [
    ...[
      `local/${stored}`,
      'local/scheduled',
      'handler/scheduled',
      'mf/scheduled',
      'local/platform-proxy',
      'live-reload',
    ],
    ...['local/explorer/api/r2/buckets', 'explorer/api/d1/database', 'local/email', 'local/r2/s3', 'local/r2/s3/'],
  ].map((path) => `/cdn-cgi/${path}`);
  const written = [
    `//cdn-cgi/local/${stored}`,
    `/%63dn-cgi/local/${stored}`,
    `/x/../cdn-cgi/local/${stored}`,
    '/__scheduled',
  ];
  const forged = new URL(presigned.url);
  forged.searchParams.set('X-Amz-Expires', '61');
  const unsigned = [
    `${object.pathname}${forged.search}`,
    object.pathname,
    '/cdn-cgi/local/r2/s3/sluice-media?list-type=2',
  ];
  const tricks = [
    { 'MF-Original-URL': `http://localhost/cdn-cgi/local/${stored}` },
    { Host: `x/cdn-cgi/local/${stored}?` },
    { 'MF-Op': 'GET', 'MF-Original-URL': 'http://localhost/cdn-cgi/local/platform-proxy' },
    { Host: 'localhost', Origin: 'http://localhost', 'X-Forwarded-Proto': 'https', 'MF-Route-Override': 'sluice' },
  ];
  for (const port of ports) {
    for (const path of [...paths, ...written, ...unsigned]) {
      expect([port, path, await statusOf(port, path)]).toEqual([
        port,
        path,
        expect.toSatisfy((status) => status >= 400),
      ]);
    }
    for (const headers of tricks) {
      const status = await statusOf(port, '/nothing', headers);
      expect([port, headers, status]).toEqual([port, headers, expect.toSatisfy((code) => code >= 400)]);
    }
  }
});

it.concurrent('says which port is taken', async (context) => {
  const home = openHome(context);
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as { port: number };
  const { child, said } = home.start(port);
  const [code] = await once(child, 'exit');
  holder.close();
  expect({ code, ...said }).toEqual({
    code: 1,
    stdout: '',
    stderr: `error: the Worker did not start: port ${port} is taken; set PORT to another one\n`,
  });
});
