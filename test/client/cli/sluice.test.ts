/** The `sluice` command as a shell runs it: what it prints, and its exit codes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sluice } from '../../../client/cli/sluice.ts';
import { ROOT } from '../../../scripts/system.ts';
import { generateSigningKey } from '../../../src/access/signing-keys.ts';
import { type FakeServer, startFakeServer, UPLOAD } from '../fake-server.ts';

let server: FakeServer;
let directory: string;

const asset = {
  id: UPLOAD.asset,
  title: 'Red\u001b[2Jact\u202eed',
  description: '\u009b2J',
  status: 'ready',
  durationSeconds: 3_725.4,
  createdAt: '2026-11-29T08:00:00.000Z',
  job: { id: 'job1', status: 'done' },
  error: null,
  warnings: [{ code: 'frames_missing', message: 'Frames are missing', at: 1 }],
};
const half = { progress: 0.5, frames: 1, totalFrames: 2, fps: null, speed: null, etaSeconds: null, tasks: [] };
const events = `event: progress\nid: 1\ndata: ${JSON.stringify(half)}\n\nevent: state\nid: 2\ndata: ${JSON.stringify({ status: 'done' })}\n\n`;
const link = { token: 't', jti: 'j', expiresAt: '2026-11-29T09:00:00.000Z', hls: 'H', dash: 'D', watch: 'W' };

beforeAll(async () => {
  server = await startFakeServer();
  directory = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  server.answers = {
    'GET /v1/assets?limit=20': { body: { assets: [asset], nextCursor: null } },
    [`GET /v1/assets/${UPLOAD.asset}`]: { body: asset },
    'GET /v1/jobs/job1/events': { body: events },
    'GET /v1/assets/secret': { status: 401, body: { code: 'unauthorized', title: 'Not authorized' } },
    'GET /v1/assets/page': { status: 502, body: '<html>' },
    'GET /v1/assets/lost': { status: 404, body: { code: 'asset_not_found', title: 'Asset not found' } },
    'GET /v1/jobs/lost': { status: 404, body: { code: 'job_not_found', title: 'Job not found' } },
    [`POST /v1/assets/${UPLOAD.asset}/links`]: { status: 201, body: link },
  };
  writeFileSync(join(directory, 'film.mp4'), 'a film');
  writeFileSync(join(directory, 'empty.mp4'), '');
  const { key, privateJwk } = await generateSigningKey('ES256', new Date());
  writeFileSync(join(directory, 'key.json'), JSON.stringify({ ...key, privateJwk }));
});

afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

type Ran = { code: number; stdout: string; stderr: string };

async function run(args: string, changes: Record<string, string> = {}): Promise<Ran> {
  const ran = { stdout: '', stderr: '' };
  const to = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      ran[name] += text;
    },
  });
  const env = { SLUICE_URL: server.url, SLUICE_TOKEN: 'secret', XDG_STATE_HOME: directory, ...changes };
  const { signal } = new AbortController();
  const argv = args.split(' ').filter((word) => word !== '');
  const paths = argv.map((word) => (/^\w+\.(mp4|json)$/.test(word) ? join(directory, word) : word));
  const code = await sluice(paths, { env, stdout: to('stdout'), stderr: to('stderr'), signal });
  return { code, ...ran };
}

describe('sluice', () => {
  test.each<[args: string, code: number, stdout: RegExp, stderr: RegExp, env?: Record<string, string>]>([
    ['', 2, /sluice upload FILE/, /^$/],
    ['--help', 0, /SLUICE_TOKEN/, /^$/],
    ['upload --help', 0, /--follow/, /^$/],
    ['play', 2, /^$/, /no command play/],
    ['toString', 2, /^$/, /no command/],
    ['list --colour', 2, /^$/, /--colour/],
    ['list --limit 0', 2, /^$/, /--limit takes a whole number/],
    ['list', 2, /^$/, /Set SLUICE_URL/, { SLUICE_URL: 'file:///etc' }],
    ['list', 2, /^$/, /Set SLUICE_TOKEN/, { SLUICE_TOKEN: '' }],
    [
      'list',
      1,
      /^$/,
      /No answer from http:\/\/127.0.0.1:1: bad port. Is SLUICE_URL right/,
      { SLUICE_URL: 'http://127.0.0.1:1' },
    ],
    ['list', 0, /^asset00000000001 {2}ready {5}01:02:05 {2}2026-11-29 {2}Red \[2Jact ed\n$/, /^$/],
    [
      'list --json',
      0,
      /^\{"id":"asset00000000001","title":"Red\\u001b\[2Jact\\u202eed","description":"\\u009b2J".*\}\n$/,
      /^$/,
    ],
    ['links', 2, /^$/, /Give one asset ID/],
    [`links ${UPLOAD.asset} --expires 1y`, 2, /^$/, /1y is no duration/],
    [`links ${UPLOAD.asset}`, 0, /^watch {2}W\nHLS {4}H\nDASH {3}D\nuntil {2}2026-11-29T09/, /^$/],
    [
      `follow ${UPLOAD.asset}`,
      0,
      /^encoding asset0\d* 50% .*\nready asset0.*\nwarning frames_missing at 1.00 s: Frames are missing\n$/,
      /^$/,
    ],
    ['follow secret', 1, /^$/, /does not accept SLUICE_TOKEN/],
    ['follow page', 1, /^$/, /answered 502. Is SLUICE_URL/],
    ['follow lost', 1, /^$/, /error: Job not found \(job_not_found\)/],
    ['follow lost --json', 1, /^$/, /^\{"error":\{"code":"job_not_found","status":404,"message":"Job not found/],
    [`sign ${UPLOAD.asset}`, 2, /^$/, /Give --key FILE/],
    [`sign ${UPLOAD.asset} --key film.mp4`, 2, /^$/, /film.mp4 is no private JWK/],
    [
      `sign ${UPLOAD.asset} --key key.json`,
      0,
      /^watch {2}http:\/\/127.0.0.1:\d+\/watch\/eyJ/,
      /^$/,
      { SLUICE_TOKEN: '' },
    ],
    ['upload', 2, /^$/, /Give at least one file/],
    ['upload none.mp4', 2, /^$/, /There is no file .*none.mp4/],
    ['upload empty.mp4', 2, /^$/, /empty.mp4 is empty/],
    ['upload film.mp4 --policy secret', 2, /^$/, /--policy is signed or public/],
    ['upload film.mp4 film.mp4 --title T', 2, /^$/, /--title is of one file/],
  ])('%s: %i', async (args, code, stdout, stderr, env) => {
    const ran = await run(args, env);
    expect(ran).toMatchObject({ code, stdout: expect.stringMatching(stdout), stderr: expect.stringMatching(stderr) });
  });
});

test('sluice upload: a film becomes an asset, and is followed until it plays', async () => {
  const ran = await run('upload film.mp4 --title Film --follow --json');
  expect(
    ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { file: join(directory, 'film.mp4'), upload: UPLOAD.id, asset: UPLOAD.asset },
    { id: UPLOAD.asset, status: 'ready' },
  ]);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(server.bytes.toString()).toBe('a film');
  expect(server.metadata['asset']).toBe('{"title":"Film"}');
});

test.each([
  ['standard', 'plays at once when it is uploaded'],
  ['video_hdr', 'is encoded first: The picture is HDR'],
  ['toString', 'is encoded first: toString'],
])('sluice upload says what becomes of a film as soon as its index has arrived: %s', async (look, text) => {
  server.look = look;
  const { code, stdout } = await run('upload film.mp4');
  const lines = stdout.trimEnd().split('\n');
  expect([code, lines.slice(-2)]).toEqual([
    0,
    [`${join(directory, 'film.mp4')} ${text}`, `uploaded ${join(directory, 'film.mp4')} as asset ${UPLOAD.asset}`],
  ]);
  expect((await run('upload film.mp4 --json')).stdout.split('\n')).toHaveLength(2);
  server.look = null;
});

test('sluice follow says that a film plays before it is encoded', async () => {
  const path = `GET /v1/assets/${UPLOAD.asset}`;
  server.answers[path] = { body: { ...asset, title: 'Film', status: 'encoding', ready: 'source' } };
  server.onRequest = () => {
    if (server.asked.at(-1)?.includes('/events')) {
      server.answers[path] = { body: asset };
    }
  };
  const { code, stdout } = await run(`follow ${UPLOAD.asset}`);
  expect([code, stdout.split('\n')[0]]).toEqual([0, `plays ${UPLOAD.asset} Film`]);
  expect(stdout).toMatch(/^ready asset0/m);
});

test('the program is started as it stands', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'client/cli/main.ts'), '--help'], {
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([0, expect.stringContaining('sluice upload FILE')]);
});
