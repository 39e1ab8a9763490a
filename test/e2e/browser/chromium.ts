/** A headless Chromium that reaches nothing but this machine (docs/architecture/platform.md). */
import { type Browser, type BrowserServer, chromium } from 'playwright-core';

/** Debian's package; CHROMIUM names another. */
const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

const FLAGS = [
  '--no-sandbox', // Tests also run as root, in containers.
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--mute-audio',
  '--autoplay-policy=no-user-gesture-required',
  // Pages of tests are never in front, and must play all the same.
  '--disable-background-media-suspend',
  '--disable-renderer-backgrounding',
];

const OPTIONS = { executablePath: EXECUTABLE, args: FLAGS };

export const launchChromium = (): Promise<Browser> => chromium.launch(OPTIONS);

/** One that other processes connect to. */
export const launchBrowserServer = (): Promise<BrowserServer> => chromium.launchServer(OPTIONS);
