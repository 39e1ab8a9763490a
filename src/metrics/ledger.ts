/**
 * The totals of all isolates, as a pure state machine. Isolates report their own totals, never differences, and a total
 * only grows: keeping the larger value of each series makes repeated, late and overtaken reports change nothing. Isolates
 * that fall silent are folded into one base, so sums never go backwards and memory does not grow with their number.
 */

import { z } from 'zod';
import { inPages } from '../platform/row-pages.ts';
import type { Totals } from './meter.ts';
import { SERIES_KEYS } from './metric-series.ts';

/** About 3 KB each: 30 MB of the object's 128. More are not taken in until others fall silent; they report again. */
export const MAX_ISOLATES = 10_000;

const totalsSchema = z.record(z.string(), z.number().min(0));
const lineSchema = z.tuple([z.string(), z.number(), totalsSchema]);
/** The line of the base, which has no isolate. */
const BASE = '';

type Entry = { heardAtMs: number; totals: Map<string, number> };

const KNOWN = new Set(SERIES_KEYS);

export class Ledger {
  readonly #base = new Map<string, number>();
  readonly #isolates = new Map<string, Entry>();

  /** Takes what `pages` gave. */
  static read(pages: readonly string[]): Ledger {
    const ledger = new Ledger();
    for (const line of pages.flatMap((page) => page.split('\n'))) {
      const [isolate, heardAtMs, totals] = lineSchema.parse(JSON.parse(line));
      if (isolate === BASE) {
        addTo(ledger.#base, Object.entries(totals));
      } else {
        ledger.#isolates.set(isolate, { heardAtMs, totals: new Map(Object.entries(totals)) });
      }
    }
    return ledger;
  }

  /** Whether the report was taken. Series that this version does not know are left out: the set stays closed. */
  record(isolate: string, totals: Totals, nowMs: number): boolean {
    const entry = this.#isolates.get(isolate) ?? { heardAtMs: nowMs, totals: new Map<string, number>() };
    if (!this.#isolates.has(isolate) && this.#isolates.size >= MAX_ISOLATES) {
      return false;
    }
    entry.heardAtMs = Math.max(entry.heardAtMs, nowMs);
    for (const [key, value] of Object.entries(totals)) {
      if (KNOWN.has(key) && value > (entry.totals.get(key) ?? 0)) {
        entry.totals.set(key, value);
      }
    }
    this.#isolates.set(isolate, entry);
    return true;
  }

  /** Folds in isolates not heard of since `beforeMs`. They must never report again under the same name (see Reporter). */
  retire(beforeMs: number): void {
    for (const [isolate, { heardAtMs, totals }] of this.#isolates) {
      if (heardAtMs < beforeMs) {
        addTo(this.#base, totals);
        this.#isolates.delete(isolate);
      }
    }
  }

  sum(): Totals {
    const sum = new Map(this.#base);
    for (const { totals } of this.#isolates.values()) {
      addTo(sum, totals);
    }
    return Object.fromEntries(sum);
  }

  /** The whole ledger as a few texts, each small enough for a row. */
  pages(): string[] {
    const base = [BASE, 0, Object.fromEntries(this.#base)];
    const isolates = [...this.#isolates].map(([isolate, { heardAtMs, totals }]) => [
      isolate,
      heardAtMs,
      Object.fromEntries(totals),
    ]);
    return [...inPages([base, ...isolates])].map((page) => page.join('\n'));
  }
}

function addTo(sums: Map<string, number>, totals: Iterable<[string, number]>): void {
  for (const [key, value] of totals) {
    sums.set(key, (sums.get(key) ?? 0) + value);
  }
}
