/**
 * Exports, files and packages that nothing uses. `knip` counts everything; `knip --production --exports` leaves benches
 * and tests out, so that it finds the exports of the product that they alone use.
 */
import type { KnipConfig } from 'knip';

const config: KnipConfig = ({ production = false }) => ({
  workspaces: {
    '.': {
      entry: [
        'src/{index,fleet/index}.ts!',
        'encoder/main.ts!',
        'scripts/{bench,bucket-cors,check-container,client,docs,encoder,new-secrets,openapi,start,test}.ts!',
        'console/vite.config.ts!',
        'console/src/{docs,home,watch,stats}/main.ts!',
        'console/src/embed/*.js!',
        // scripts/bench.ts runs them by name; of the rest wrangler makes Workers.
        'bench/{catalog,chaos,coalesce,cost,delivery,encode,fleet,frames,hitratio,instant,last-tasks,memory,network-cuts,revocations,sound-joints,sound-parts,text-track,upload,views}.ts',
        'bench/inside.ts',
        'bench/{catalog,chaos,fleet,instant,text-track,tiers,upload,views}/worker/index.ts',
        'bench/instant/worker/look.ts',
        'bench/upload/tus-server.ts',
        'test/**/*.test.ts',
        'test/console/players/main.ts',
        'test/upgrade/capture.ts',
      ],
      project: ['{src,encoder,console,scripts}/**/*.{ts,js,mjs}!', '{bench,test}/**/*.{ts,js,mjs}', '!console/dist/**'],
    },
    client: { entry: ['{api,upload,sign-link}.ts!'], project: ['**/*.ts!', '!dist/**'] },
  },
  // What its own file uses may well be exported for a test.
  ignoreExportsUsedInFile: production,
  // Programs of the machine; the last three are util-linux.
  ignoreBinaries: ['ffmpeg', 'ffprobe', 'nsenter', 'setpriv', 'unshare', ...(production ? ['biome'] : [])],
  // Programs that are found by path (encoder/media/packager.ts, scripts/client.ts).
  ignoreDependencies: ['shaka-packager', 'openapi-typescript'],
});

export default config;
