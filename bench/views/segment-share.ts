/**
 * What counting adds to a segment request: the same segment through the whole Worker, with a session whose views are
 * counted and with one whose are not, turn by turn. The difference is a few microseconds of a request that takes hundreds
 * or more, so the bound is held against the CPU time of a fact (throughput.ts), and this shows that nothing else is added.
 */
import { SessionTokens } from '../../src/access/session-tokens.ts';
import { runLoad } from '../load.ts';
import { treeCpuSeconds } from '../process-cpu.ts';
import { type Runtime, startRuntime } from '../runtime.ts';
import { putSyntheticAsset, startSession } from '../synthetic-asset.ts';

/** As many segments as memory holds of them: what is asked for again within ten seconds is no new fact. */
const SIZES = [
  { bytes: 2_000_000, segments: 8 },
  { bytes: 200_000, segments: 64 },
  { bytes: 2_000, segments: 1_000 },
] as const;
const CONNECTIONS = 16;
const SECRET = 'a secret of the bench alone, 32+ bytes';
const INSTANCE = 'sluice';

export type Share = { bytes: number; withoutMs: number; withMs: number; ratio: number };

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The same session without what it is counted by: as one of an earlier Sluice. */
async function uncounted(session: string): Promise<string> {
  const token = /\/s\/([^/]+)\//.exec(session)?.[1] ?? '';
  const tokens = new SessionTokens(SECRET);
  const { views, ...rest } = await tokens.verify(token, Date.now() / 1000);
  if (views === undefined) {
    throw new Error('sessions are not counted');
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
      // The first round warms up.
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
