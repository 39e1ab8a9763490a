/**
 * `npm run bench -- upload`: how fast a large file goes through an upload's Durable Object, beside plain multipart
 * uploads of R2 by the same Worker, and beside @tus/server with its S3 store on the same bucket. MEBIBYTES, ROUNDS
 */
import { median, numberOf } from './numbers.ts';
import { liveTreeCpuSeconds, treeCpuSeconds } from './process-cpu.ts';
import { startRuntime } from './runtime.ts';
import { printTable } from './table.ts';
import { startTusServer, throughMultipart, throughObject, throughTus, type Way } from './upload/ways.ts';

const MIB = 1024 ** 2;
/** What clients are told to set. */
const BODY_BYTES = 48 * MIB;

const length = numberOf('MEBIBYTES', 512) * MIB;
const rounds = numberOf('ROUNDS', 3);

const runtime = await startRuntime([{ name: 'sluice', entry: 'bench/upload/worker/index.ts' }]);
const tus = await startTusServer(runtime.s3);
try {
  const origin = runtime.urlOf('sluice');
  const ways: Readonly<Record<string, Way>> = {
    'Durable Object': throughObject(origin),
    'plain multipart': throughMultipart(origin),
    ...(process.env['NO_TUS'] ? {} : { '@tus/server, S3 store': throughTus(tus.url) }),
  };
  const cpuOf = () => liveTreeCpuSeconds(process.pid);
  const rates = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, way] of Object.entries(ways)) {
      for (const [bodies, bodyBytes] of Object.entries({ '48 MiB': BODY_BYTES, endless: length })) {
        const cpu = cpuOf();
        const cpu2 = treeCpuSeconds(runtime.pid);
        const started = performance.now();
        await way(`${name.replaceAll(/\W/g, '')}${round}${bodyBytes}`, length, bodyBytes);
        const rate = length / MIB / ((performance.now() - started) / 1000);
        rates.set(`${name}, ${bodies}`, [...(rates.get(`${name}, ${bodies}`) ?? []), rate]);
        console.error(
          name,
          bodies,
          rate.toFixed(1),
          ((cpuOf() - cpu) / (length / 2 ** 30)).toFixed(2),
          'CPU s/GiB',
          ((treeCpuSeconds(runtime.pid) - cpu2) / (length / 2 ** 30)).toFixed(2),
          'workerd',
        );
      }
    }
  }
  printTable(
    ['MiB/s', 'median', 'least', 'most'],
    [...rates].map(([name, all]) => [
      name,
      ...[median(all), Math.min(...all), Math.max(...all)].map((rate) => rate.toFixed(1)),
    ]),
  );
} finally {
  tus.close();
  await runtime.close();
}
