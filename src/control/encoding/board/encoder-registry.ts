/**
 * Who encodes: what each encoder said of itself when it last asked for work, and when it was last heard. Kept in memory;
 * stored when an encoder is new or is another version, and otherwise every STORE_EVERY_MS at most: 360 encoders that never
 * rest are 1.2 rows a second. After a restart of the board an encoder counts as seen when it was last stored until it
 * calls again, which is seconds.
 */
import { DAY_MS } from '../../../platform/days.ts';
import { type Encoder, encoderSchema } from '../../../protocol/tasks.ts';

const STORE_EVERY_MS = 5 * 60_000;
/** Three times the longest pause that the board asks for, so that one lost call makes nobody gone. */
const GONE_AFTER_MS = 60_000;
/** How long one that is gone can still be looked at. */
const KEEP_GONE_MS = DAY_MS;
/** Far above any fleet; encoders make up their ids, and a container that restarts makes up a new one. */
export const MAX_KNOWN = 5_000;
/** Looking for those to forget goes through all of them. */
const PRUNE_EVERY_MS = 60_000;

export const ENCODER_STATES = ['active', 'idle', 'gone'] as const;
export type EncoderState = (typeof ENCODER_STATES)[number];

export type SeenEncoder = { encoder: Encoder; firstSeen: number; lastSeen: number };
export type EncoderSummary = SeenEncoder & { state: EncoderState; tasks: number };

/** What seems to have been seen later than now was seen before the clock was set back. */
const isThere = (lastSeen: number, nowMs: number): boolean => Math.abs(nowMs - lastSeen) < GONE_AFTER_MS;

export class EncoderRegistry {
  readonly #sql: SqlStorage;
  /** Longest unseen first: whoever is seen is put at the end. */
  readonly #known = new Map<string, SeenEncoder & { storedAt: number }>();
  #prunedAt = 0;

  constructor(sql: SqlStorage, nowMs: number) {
    this.#sql = sql;
    const rows = sql
      .exec<{ id: string; said: string; first_seen: number; last_seen: number }>(
        'SELECT * FROM encoders ORDER BY last_seen',
      )
      .toArray();
    for (const { id, said, first_seen, last_seen: stored } of rows) {
      // By a clock that has been set back it would be there for as long.
      const last_seen = Math.min(stored, nowMs);
      const parsed = encoderSchema.safeParse(JSON.parse(said));
      if (parsed.success) {
        const seen = { encoder: parsed.data, firstSeen: first_seen, lastSeen: last_seen, storedAt: last_seen };
        this.#known.set(id, seen);
      }
    }
  }

  /** It asked for work. */
  saw(encoder: Encoder, nowMs: number): void {
    const known = this.#known.get(encoder.id);
    const seen = { encoder, firstSeen: known?.firstSeen ?? nowMs, lastSeen: nowMs, storedAt: known?.storedAt ?? nowMs };
    this.#known.delete(encoder.id);
    this.#known.set(encoder.id, seen);
    if (known === undefined || known.encoder.version !== encoder.version || nowMs - known.storedAt >= STORE_EVERY_MS) {
      seen.storedAt = nowMs;
      this.#sql.exec(
        `INSERT INTO encoders (id, said, first_seen, last_seen) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET said = excluded.said, last_seen = excluded.last_seen`,
        encoder.id,
        JSON.stringify(encoder),
        seen.firstSeen,
        nowMs,
      );
    }
    this.#prune(nowMs);
  }

  /** It reported on a task. */
  heard(encoderId: string | null, nowMs: number): void {
    const known = encoderId === null ? undefined : this.#known.get(encoderId);
    if (known !== undefined) {
      this.saw(known.encoder, nowMs);
    }
  }

  #prune(nowMs: number): void {
    if (nowMs - this.#prunedAt < PRUNE_EVERY_MS && this.#known.size <= MAX_KNOWN) {
      return;
    }
    this.#prunedAt = nowMs;
    for (const [id, { lastSeen }] of this.#known) {
      if (nowMs - lastSeen <= KEEP_GONE_MS && this.#known.size <= MAX_KNOWN) {
        break;
      }
      this.#known.delete(id);
      this.#sql.exec('DELETE FROM encoders WHERE id = ?', id);
    }
  }

  /** `leases`: how many each encoder holds. Last seen first. */
  list(leases: ReadonlyMap<string, number>, nowMs: number): EncoderSummary[] {
    return [...this.#known.values()].reverse().map(({ encoder, firstSeen, lastSeen }) => {
      const tasks = leases.get(encoder.id) ?? 0;
      const state = tasks > 0 ? 'active' : isThere(lastSeen, nowMs) ? 'idle' : 'gone';
      return { encoder, firstSeen, lastSeen, tasks, state };
    });
  }

  /** How many are there to work, busy or not, and how many cores they have together. */
  fleet(nowMs: number): { encoders: number; cores: number } {
    const present = [...this.#known.values()].filter(({ lastSeen }) => isThere(lastSeen, nowMs));
    return { encoders: present.length, cores: present.reduce((sum, { encoder }) => sum + encoder.cores, 0) };
  }
}
