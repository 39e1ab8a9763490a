/** Builds the console: one HTML entry per page, no framework. The Worker serves `dist` as static assets. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { apiPagePlugin } from '../scripts/api-page-plugin.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  root: path('.'),
  plugins: [apiPagePlugin()],
  build: {
    outDir: path('dist'),
    emptyOutDir: true,
    target: 'es2022',
    // The pages' Content-Security-Policy forbids inlined assets. Separate files are also cached for ever.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Shaka Player is 700 kB before compression. It is a chunk of its own, which the page loads later.
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      // Reading the API's document takes longer than bundling.
      checks: { bundlerTimings: false },
      input: [path('index.html'), path('watch.html'), path('stats.html'), path('docs/api.html')],
    },
  },
});
