/** What the end-to-end tests share (shared-system.ts), as each of them uses it. */
import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';
import { createClient } from '../../../client/api.ts';
import { type Link, signLink } from '../../../scripts/sign-link.ts';
import type { SharedFilm } from './shared-system.ts';

export const shared = inject('shared');
export const api = createClient({ server: shared.url, token: shared.apiToken });

const LINK_SECONDS = 3_600;

export const signLinks = ({ id }: SharedFilm, seconds = LINK_SECONDS): Promise<Link> => signLink(api, id, seconds);

/** To be closed: its pages go, and the browser stays. */
export const connectBrowser = (): Promise<Browser> => chromium.connect(shared.browserUrl);
