/**
 * What counting adds to a segment request: requests the same segments from the whole Worker in turns, with a session
 * whose views are counted and with one whose views are not. The difference is a few microseconds in requests of
 * hundreds of microseconds or more, so the bound applies to the CPU time of a fact (throughput.ts). This only shows
 * that nothing else is added.
 */
import { SessionTokens } from '../../src/access/session-tokens.ts';
import { runLoad } from '../load.ts';
import { median } from '../numbers.ts';
import { treeCpuSeconds } from '../process-cpu.ts';
import { type Runtime, startRuntime } from '../runtime.ts';
import { putSyntheticAsset, startSession } from '../synthetic-asset.ts';

/** As many segments as memory holds, because a repeated request within ten seconds makes no new fact. */
const SIZES = [
  { bytes: 2_000_000, segments: 8 },
  { bytes: 200_000, segments: 64 },
  { bytes: 2_000, segments: 1_000 },
] as const;
const CONNECTIONS = 16;
const SECRET = 'a secret of the bench alone, 32+ bytes';
const INSTANCE = 'sluice';

export type Share = { bytes: number; withoutMs: number; withMs: number; ratio: number };

/** The same session without the data for counting, as earlier releases made it. */
async function uncounted(session: string): Promise<string> {
  const token = /\/s\/([^/]+)\//.exec(session)?.[1] ?? '';
  const tokens = new SessionTokens(SECRET);
  const { views, ...rest } = await tokens.verify(token, Date.now() / 1000);
  if (views === undefined) {
    throw new Error('the session has no data for counting');
  }
  return session.replace(token, await tokens.mint(rest));
}

async function cpuMs(runtime: Runtime, url: URL, segments: number, seconds: number): Promise<number> {
  let asked = 0;
  const nextPath = () => {
    asked += 1;
    return url.pathname.replace('/1.m4s', `/${1 + (asked % segments)}.m4s`);
  };
  const before = treeCpuSeconds(runtime.pid);
  const { requests } = await runLoad({ url: url.origin, nextPath, connections: CONNECTIONS, seconds });
  return ((treeCpuSeconds(runtime.pid) - before) * 1000) / requests;
}

export async function measureShare({ rounds, seconds }: { rounds: number; seconds: number }): Promise<Share[]> {
  const runtime = await startRuntime([{ name: INSTANCE, vars: { SESSION_SECRET: SECRET } }]);
  try {
    const shares: Share[] = [];
    for (const { bytes, segments } of SIZES) {
      const asset = await putSyntheticAsset(runtime.putObject, {
        assetId: `bytes-${bytes}`,
        segments,
        segmentBytes: bytes,
      });
      const counted = await startSession(runtime.urlOf(INSTANCE), asset.assetId);
      const urls = {
        with: new URL(asset.segmentPath(1), counted),
        without: new URL(asset.segmentPath(1), await uncounted(counted)),
      };
      const samples = { with: [] as number[], without: [] as number[] };
      // The first round only warms up.
      for (let round = 0; round <= rounds; round += 1) {
        for (const name of round % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)) {
          const taken = await cpuMs(runtime, urls[name], segments, seconds);
          if (round > 0) {
            samples[name].push(taken);
          }
        }
      }
      const ratio = median(samples.with.map((ms, round) => ms / (samples.without[round] ?? Number.NaN)));
      shares.push({ bytes, withoutMs: median(samples.without), withMs: median(samples.with), ratio });
    }
    return shares;
  } finally {
    await runtime.close();
  }
}
