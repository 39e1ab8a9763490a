/** Builds the page of the player tests (test/console/players), serves it on loopback, and drives it from Node. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build, preview } from 'vite';
import type { KeptPlayerName, Lists, PlayerDriver, PlayerName, Snapshot } from './player-driver.ts';

const ROOT = fileURLToPath(new URL('../../console/players', import.meta.url));
const POLL_MS = 100;

export type PageServer = { url: string; close(): Promise<void> };

export async function servePlayerPage(): Promise<PageServer> {
  const outDir = await mkdtemp(join(tmpdir(), 'sluice-players-'));
  const common = { root: ROOT, configFile: false, logLevel: 'error' } as const;
  await build({ ...common, build: { outDir, emptyOutDir: true, minify: false, chunkSizeWarningLimit: 10_000 } });
  const server = await preview({ ...common, build: { outDir }, preview: { host: '127.0.0.1', port: 0, open: false } });
  const address = server.httpServer.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

export type PlayerPage = {
  load(name: PlayerName, url: string): Promise<void>;
  loadKept(name: KeptPlayerName, url: string): Promise<void>;
  snapshot(): Promise<Snapshot>;
  heights(): Promise<number[]>;
  choose(height: number): Promise<void>;
  lists(): Promise<Lists>;
  showText(language: string): Promise<void>;
  pauseAt(seconds: number): Promise<void>;
  seek(seconds: number): Promise<void>;
  picture(): Promise<number[]>;
  setRate(rate: number): Promise<void>;
  keepBusy(ms: number): Promise<void>;
  /** Polls until it holds; throws, with the last snapshot, when an error turns up or the time is over. */
  until(what: string, holds: (now: Snapshot) => boolean, deadlineMs: number): Promise<Snapshot>;
  /** Refused and failed requests, and what the console calls an error. */
  complaints: readonly string[];
  close(): Promise<void>;
};

export async function openPlayerPage(browser: Browser, url: string): Promise<PlayerPage> {
  const page = await browser.newPage({ viewport: { width: 700, height: 420 } });
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on(
    'response',
    (response) => response.status() >= 400 && complaints.push(`${response.status()} ${response.url()}`),
  );
  await page.goto(url);
  const call = callerOf(page);
  const snapshot = () => call('snapshot');
  return {
    load: (name, url) => call('load', name, url),
    loadKept: (name, url) => call('loadKept', name, url),
    snapshot,
    heights: () => call('heights'),
    choose: (height) => call('choose', height),
    lists: () => call('lists'),
    showText: (language) => call('showText', language),
    pauseAt: (seconds) => call('pauseAt', seconds),
    seek: (seconds) => call('seek', seconds),
    picture: () => call('picture'),
    setRate: (rate) => call('setRate', rate),
    keepBusy: (ms) => call('keepBusy', ms),
    async until(what, holds, deadlineMs) {
      const deadline = Date.now() + deadlineMs;
      for (;;) {
        const now = await snapshot();
        if (now.errors.length === 0 && holds(now)) {
          return now;
        }
        if (now.errors.length > 0 || Date.now() > deadline) {
          const { drifts, ...facts } = now;
          throw new Error(`not ${what}: ${JSON.stringify({ ...facts, complaints, frames: drifts.length })}`);
        }
        await pause(POLL_MS);
      }
    },
    complaints,
    close: () => page.close(),
  };
}

type Result<Name extends keyof PlayerDriver> = Awaited<ReturnType<PlayerDriver[Name]>>;

/** The page's functions are called by name: Node knows no DOM types, and needs none. */
const callerOf =
  (page: Page) =>
  <Name extends keyof PlayerDriver>(name: Name, ...args: Parameters<PlayerDriver[Name]>): Promise<Result<Name>> =>
    page.evaluate<Result<Name>>(`window.driver.${name}(${args.map((value) => JSON.stringify(value)).join(', ')})`);
