/** Many clients that request a URL at the same moment, each over its own open connection. */
import { Agent, get, type IncomingMessage } from 'node:http';

export type Answer = {
  outcome: 'complete' | 'aborted' | 'failed';
  status: number;
  /** The tier that answered, from Server-Timing. */
  tier: string;
  firstByteMs: number;
  bytes: number;
};

export type StampedeOptions = {
  /** Fetched over each connection beforehand, so that all connections are open. */
  warmUrls: readonly string[];
  clients: number;
  /** Milliseconds after which a client aborts, or `null` if it does not. */
  abortAfterMs: (client: number) => number | null;
};

/** A request that takes longer counts as failed: a stampede must not make requests hang. */
const DEADLINE_MS = 60_000;
/** workerd accepts connections in batches and would refuse too many at once. */
const CONNECT_BATCH = 100;

function request(url: string, agent: Agent, abortAfterMs: number | null): Promise<Answer> {
  const answer: Answer = { outcome: 'failed', status: 0, tier: '', firstByteMs: Number.NaN, bytes: 0 };
  const started = performance.now();
  return new Promise((resolve) => {
    const end = (outcome: Answer['outcome']) => {
      clearTimeout(timer);
      resolve({ ...answer, outcome });
    };
    const onResponse = (response: IncomingMessage) => {
      answer.status = response.statusCode ?? 0;
      answer.tier = /desc=(\w+)/.exec(String(response.headers['server-timing'] ?? ''))?.[1] ?? '';
      response.on('data', (chunk: Buffer) => {
        answer.firstByteMs = answer.bytes === 0 ? performance.now() - started : answer.firstByteMs;
        answer.bytes += chunk.byteLength;
      });
      response.once('end', () => end('complete'));
      response.once('error', () => end(abortAfterMs === null ? 'failed' : 'aborted'));
    };
    const outgoing = get(url, { agent }, onResponse);
    outgoing.once('error', () => end(abortAfterMs === null ? 'failed' : 'aborted'));
    const timer = setTimeout(() => outgoing.destroy(new Error('late')), abortAfterMs ?? DEADLINE_MS);
  });
}

const of = (urls: readonly string[], client: number): string => urls[client % urls.length] ?? '';

/** Client i requests URL i mod n. */
export async function stampede(urls: readonly string[], options: StampedeOptions): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.clients, maxFreeSockets: options.clients });
  try {
    // Each round uses the open connections and opens one more batch.
    for (let open = CONNECT_BATCH; open < options.clients + CONNECT_BATCH; open += CONNECT_BATCH) {
      const count = Math.min(open, options.clients);
      await Promise.all(
        Array.from({ length: count }, (_, client) => request(of(options.warmUrls, client), agent, null)),
      );
    }
    return await Promise.all(
      Array.from({ length: options.clients }, (_, client) =>
        request(of(urls, client), agent, options.abortAfterMs(client)),
      ),
    );
  } finally {
    agent.destroy();
  }
}
