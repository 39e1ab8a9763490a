/** The pure parts of `npm start`: variables, and what the progress looks like. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDisplay } from '../../client/cli/progress.ts';
import { portOf, presetOf, settingsOf, stateDirOf } from '../../scripts/options.ts';
import { startSystem } from '../../scripts/system.ts';
import { SETTINGS } from '../../src/config.ts';

describe('options', () => {
  it('has the documented defaults, also for empty variables', () => {
    expect([portOf({}), presetOf({}), stateDirOf({}, '/repo')]).toEqual([8787, 'veryfast', '/repo/.wrangler/state']);
    expect([portOf({ PORT: '' }), presetOf({ X264_PRESET: '' })]).toEqual([8787, 'veryfast']);
  });

  it.each(['abc', '-1', '65536', '80.5', '1e3', ' 80'])('refuses PORT %j', (text) => {
    expect(() => portOf({ PORT: text })).toThrow(/PORT/);
  });
});

describe('settings of the Worker', () => {
  it('are passed on as they are set: none of the secrets', () => {
    const env = { CHUNK_SEGMENTS: '1', WEBHOOK_LOOPBACK: 'on', SHIELD: '', PATH: '/bin' };
    expect(settingsOf({ ...env, API_TOKEN: 'x', SESSION_SECRET_PREVIOUS: 'y', LINK_SIGNING_KEY: '{}' })).toEqual({
      CHUNK_SEGMENTS: '1',
      WEBHOOK_LOOPBACK: 'on',
    });
  });

  it('are those that the reference documents', () => {
    const page = readFileSync(new URL('../../docs/reference/configuration.md', import.meta.url), 'utf8');
    const [, table = ''] = /^## The Worker$(.*?)^### Secrets/ms.exec(page) ?? [];
    const documented = [...table.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, name]) => name ?? '');
    expect(documented.length).toBeGreaterThan(20);
    const isSecret = (name: string) => /(TOKEN|SECRET|KEY)(_PREVIOUS)?$/.test(name);
    expect(documented.filter((name) => !SETTINGS.includes(name) && !isSecret(name))).toEqual([]);
    expect(SETTINGS.filter((name) => !documented.includes(name))).toEqual([]);
  });
});

it('a setting that the Worker would not take is named before anything starts', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-settings-'));
  const vars = { EDGE_STATE_SECONDS: 'soon', GC: 'maybe' };
  try {
    const started = startSystem({ port: 0, stateDir, encoders: 0, preset: 'veryfast', vars, log: () => {} });
    await expect(started).rejects.toThrow(/: EDGE_STATE_SECONDS: .*; GC: /);
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
});

describe('display', () => {
  const capture = (isTTY: boolean) => {
    const written: string[] = [];
    const output = { isTTY, columns: 60, write: (text: string) => written.push(text) };
    return { display: createDisplay(output, output), written };
  };
  const item = { id: 'a1', title: 'Film', status: 'encoding', progress: 0 };

  it('says little without a terminal: a line per quarter', () => {
    const { display, written } = capture(false);
    for (let progress = 0; progress <= 1; progress += 0.01) {
      display.show([{ ...item, progress }]);
    }
    expect(written).toHaveLength(4);
    expect(written[1]).toMatch(/^encoding a1 2[56]% Film\n$/);
  });

  it('rewrites its lines on a terminal, below what is printed for good', () => {
    const { display, written } = capture(true);
    display.show([item]);
    display.print('ready');
    expect(written.slice(1)).toEqual(['\x1b[1A\x1b[J', 'ready\n', written[0]]);
    expect(written[0]?.length).toBeLessThanOrEqual(60);
  });

  it('says how fast it goes and how long still, once that is known', () => {
    const written: string[] = [];
    const output = { isTTY: true, columns: 120, write: (text: string) => written.push(text) };
    const display = createDisplay(output, output);
    display.show([{ ...item, speed: null, etaSeconds: null }]);
    display.show([{ ...item, speed: 2.44, etaSeconds: 64.2 }]);
    expect(written[0]).toMatch(/ encoding\n$/);
    expect(written.at(-1)).toMatch(/ encoding 2\.4x 1:05\n$/);
  });

  it.each([false, true])('lets nothing that is shown move the cursor or end a line (terminal: %s)', (isTTY) => {
    const { display, written } = capture(isTTY);
    const hostile = 'No\x1b[2J\r\nready http://evil\x9b2J\u202e\u2028';
    display.show([{ ...item, title: `a\x1b[2J\nwatch b`, status: hostile }]);
    display.print(hostile);
    display.printError(`failed a1 internal: ${hostile}`);
    const own = isTTY ? '\x1b[1A\x1b[J' : '';
    for (const text of written.filter((one) => one !== own && one !== '')) {
      expect(text).toMatch(/^[^\p{Cc}\u2028\u202e]+\n$/u);
    }
    expect(written.join('')).toContain('failed a1 internal: No [2J ready http://evil 2J \n');
  });
});
