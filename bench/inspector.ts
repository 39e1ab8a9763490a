/** Reads the memory of one isolate from workerd's inspector (Chrome DevTools Protocol, Runtime.getHeapUsage). */
import { z } from 'zod';

export type HeapUsage = {
  /** JavaScript objects, including garbage. */
  usedBytes: number;
  /** Array buffers and strings outside the heap, such as bodies held in memory. */
  backingBytes: number;
};

export type Inspector = {
  heapUsage(): Promise<HeapUsage>;
  /** Collects garbage, so that only memory in use remains. */
  collectGarbage(): Promise<void>;
  close(): void;
};

const answerSchema = z.object({
  id: z.number().optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
});
const usageSchema = z.object({ usedSize: z.number(), backingStorageSize: z.number() });

/** Connects to the instance of this name. Throws if its inspector cannot be reached. */
export async function inspect(url: URL, name: string): Promise<Inspector> {
  const socket = new WebSocket(new URL(`/core:user:${name}`, url));
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  const failed = (reason: string) => {
    for (const { reject } of waiting.values()) {
      reject(new Error(reason));
    }
  };
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = answerSchema.parse(JSON.parse(String(data)));
    const call = waiting.get(id ?? 0);
    waiting.delete(id ?? 0);
    if (error === undefined) {
      call?.resolve(result);
    } else {
      call?.reject(new Error(JSON.stringify(error)));
    }
  });
  socket.addEventListener('close', () => failed('the inspector has closed'));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('error', () => reject(new Error(`cannot reach the inspector of ${name}`)), { once: true });
  });
  let last = 0;
  const call = (method: string): Promise<unknown> => {
    last += 1;
    const id = last;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method }));
    });
  };
  return {
    async heapUsage() {
      const { usedSize, backingStorageSize } = usageSchema.parse(await call('Runtime.getHeapUsage'));
      return { usedBytes: usedSize, backingBytes: backingStorageSize };
    },
    async collectGarbage() {
      await call('HeapProfiler.collectGarbage');
    },
    close: () => socket.close(),
  };
}
