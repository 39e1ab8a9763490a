/**
 * The totals of all isolates, as a pure state machine. Isolates report their totals, never differences, and totals only
 * grow: keeping the larger value of each series makes repeated, late and overtaken reports harmless. Isolates that fall
 * silent are folded into one base, so sums never go backwards and memory does not grow with the number of isolates.
 */

import { z } from 'zod';
import { inPages } from '../platform/row-pages.ts';
import type { Totals } from './meter.ts';
import { SERIES_KEYS } from './metric-series.ts';

/** About 3 KB each: 30 MB of the object's 128. More are not taken in until others fall silent; they report again. */
export const MAX_ISOLATES = 10_000;

const lineSchema = z.tuple([z.string(), z.number(), z.record(z.string(), z.number().min(0))]);
/** Stands for an isolate in the line of the base. */
const BASE = '';

type Sums = Record<string, number>;

const KNOWN = new Set(SERIES_KEYS);

export class Ledger {
  #base: Sums = {};
  readonly #isolates = new Map<string, { heardAtMs: number; totals: Sums }>();

  /** Reads what `pages` returned. */
  static read(pages: readonly string[]): Ledger {
    const ledger = new Ledger();
    for (const line of pages.flatMap((page) => page.split('\n'))) {
      const [isolate, heardAtMs, totals] = lineSchema.parse(JSON.parse(line));
      if (isolate === BASE) {
        ledger.#base = totals;
      } else {
        ledger.#isolates.set(isolate, { heardAtMs, totals });
      }
    }
    return ledger;
  }

  /** Whether the report was taken. Series that this version does not know are left out: the set stays closed. */
  record(isolate: string, totals: Totals, nowMs: number): boolean {
    const known = this.#isolates.get(isolate);
    if (known === undefined && this.#isolates.size >= MAX_ISOLATES) {
      return false;
    }
    const entry = known ?? { heardAtMs: nowMs, totals: {} };
    entry.heardAtMs = Math.max(entry.heardAtMs, nowMs);
    for (const [key, value] of Object.entries(totals)) {
      if (KNOWN.has(key) && value > (entry.totals[key] ?? 0)) {
        entry.totals[key] = value;
      }
    }
    this.#isolates.set(isolate, entry);
    return true;
  }

  /** Folds in isolates not heard of since `beforeMs`. They must not report again under the same name (see IsolateReporter). */
  retire(beforeMs: number): void {
    for (const [isolate, { heardAtMs, totals }] of this.#isolates) {
      if (heardAtMs < beforeMs) {
        addTo(this.#base, totals);
        this.#isolates.delete(isolate);
      }
    }
  }

  sum(): Totals {
    const sums = { ...this.#base };
    for (const { totals } of this.#isolates.values()) {
      addTo(sums, totals);
    }
    return sums;
  }

  /** The whole ledger as a few texts, each small enough for a row. */
  pages(): string[] {
    const isolates = [...this.#isolates].map(([isolate, { heardAtMs, totals }]) => [isolate, heardAtMs, totals]);
    const lines = [[BASE, 0, this.#base], ...isolates].map((line) => JSON.stringify(line));
    return [...inPages(lines)].map((page) => page.join('\n'));
  }
}

function addTo(sums: Sums, totals: Totals): void {
  for (const [key, value] of Object.entries(totals)) {
    sums[key] = (sums[key] ?? 0) + value;
  }
}
