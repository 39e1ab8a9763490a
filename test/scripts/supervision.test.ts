/** What keeps `npm start` going: another encoder for one that died, signs of life of workerd, and the local crons. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { isDue, startCrons } from '../../scripts/crons.ts';
import { keepEncoder } from '../../scripts/keep-encoder.ts';
import { watchHealth } from '../../scripts/runtime-socket.ts';

describe('keepEncoder', () => {
  it('starts another one for each that dies, and gives up when they all die young', async () => {
    let starts = 0;
    const said: string[] = [];
    await keepEncoder({
      start: () => {
        starts += 1;
        return { ended: Promise.resolve('code 1') };
      },
      say: (line) => said.push(line),
      signal: new AbortController().signal,
      pausesMs: [0, 0],
    });
    expect(starts).toBe(3);
    expect(said.at(-1)).toContain('the Worker continues');
  });

  it('starts none when it is to end', async () => {
    const stop = new AbortController();
    let starts = 0;
    const start = () => {
      starts += 1;
      return { ended: new Promise<string>(() => {}) };
    };
    const kept = keepEncoder({ start, say: () => {}, signal: stop.signal });
    stop.abort();
    await kept;
    expect(starts).toBe(1);
  });
});

describe('watchHealth', () => {
  it('says that workerd hangs, that it answers again, and gives up when it stays away', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-health-'));
    const socketPath = join(folder, 'a.sock');
    let hangs = true;
    const server = createServer((_request, response) => void (hangs || response.end())).listen(socketPath);
    await once(server, 'listening');
    const changes: boolean[] = [];
    await new Promise<void>((gaveUp) => {
      watchHealth(
        (up) => {
          changes.push(up);
          hangs = changes.length >= 2; // it answers once, then no more
        },
        gaveUp,
        socketPath,
        { pauseMs: 1, deadlineMs: 50, downMaxMs: 200 },
      );
    });
    expect(changes).toEqual([false, true, false]);
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('crons', () => {
  it.each([
    ['* * * * *', '2026-11-28T12:34:00Z', true],
    ['17 3 * * *', '2026-11-28T03:17:00Z', true],
    ['17 3 * * *', '2026-11-28T03:18:00Z', false],
    ['0 0 1 1 *', '2027-01-01T00:00:00Z', true],
    ['0 0 * * 6', '2026-11-28T00:00:00Z', true],
    ['0 0 * * 0', '2026-11-28T00:00:00Z', false],
  ])('%s at %s: %s', (cron, at, due) => {
    expect(isDue(cron, new Date(at))).toBe(due);
  });

  it.each(['*/5 * * * *', '1-5 * * * *', '* * * *', '@daily', ''])('refuses %j, which it would never run', (cron) => {
    expect(() => startCrons([cron], async () => {})).toThrow(/cron/);
  });

  it('run at the beginning of each minute that they are for, and not beside themselves', async () => {
    vi.useFakeTimers({ now: new Date('2026-11-28T03:15:30Z') });
    const runs: string[] = [];
    let finish = () => {};
    startCrons(['17 3 * * *', '* * * * *'], async (cron) => {
      runs.push(`${cron} ${new Date().toISOString().slice(11, 19)}`);
      if (runs.length === 1) {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
      }
    });
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    expect(runs).toEqual(['* * * * * 03:16:00', '17 3 * * * 03:17:00']);
    finish();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(runs.slice(2)).toEqual(['* * * * * 03:18:00']);
    vi.useRealTimers();
  });
});
