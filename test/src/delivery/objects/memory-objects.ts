/** An ObjectSource in memory that counts its reads and can be held up. */

import type { ObjectHead, ObjectRead, ObjectSource } from '../../../../src/delivery/objects/objects.ts';
import { type RangeSpec, resolveRange } from '../../../../src/delivery/objects/ranges.ts';

export class MemoryObjects implements ObjectSource {
  readonly objects = new Map<string, string>();
  reads = 0;
  /** Awaited between taking the value and giving it. */
  delay: Promise<void> = Promise.resolve();

  async head(key: string): Promise<ObjectHead | null> {
    const text = this.objects.get(key);
    return text === undefined ? null : { size: text.length, etag: `"${text.length}"`, tier: 'r2' };
  }

  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    this.reads += 1;
    const text = this.objects.get(key);
    await this.delay;
    if (text === undefined) {
      return { kind: 'missing' };
    }
    const size = text.length;
    const part =
      range === undefined ? { kind: 'satisfiable' as const, offset: 0, length: size } : resolveRange(range, size);
    if (part.kind === 'unsatisfiable') {
      return { kind: 'unsatisfiable', size };
    }
    const { body } = new Response(text.slice(part.offset, part.offset + part.length));
    return { kind: 'found', size, etag: `"${size}"`, tier: 'r2', body: body ?? new ReadableStream(), part };
  }
}
