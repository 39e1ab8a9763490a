/** The console: one HTML entry per page, no framework. The Worker serves `dist` as static assets. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  root: path('.'),
  build: {
    outDir: path('dist'),
    emptyOutDir: true,
    target: 'es2022',
    // The pages' Content-Security-Policy knows no inline anything; a file of its own is also cached for good.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Shaka Player is 700 kB before compression, in a chunk of its own that the page loads once it stands.
    chunkSizeWarningLimit: 800,
    rolldownOptions: { input: [path('index.html'), path('watch.html'), path('stats.html')] },
  },
});
