/** For Vite: fills console/docs/api.html from the OpenAPI document of the Worker in this folder. */
import type { Plugin } from 'vite';
import { fillApiPage } from './docs/api-page.ts';
import { readOpenApiText } from './openapi-document.ts';

export const apiPagePlugin = (): Plugin => ({
  name: 'sluice-api-page',
  transformIndexHtml: {
    order: 'pre',
    handler: async (html, { path }) =>
      path === '/docs/api.html' ? fillApiPage(html, JSON.parse(await readOpenApiText())) : html,
  },
});
