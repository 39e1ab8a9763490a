/**
 * The encoders: how each described itself when it last asked for work, and when it was last heard. Kept in memory; stored when
 * an encoder is new or has another version, otherwise every STORE_EVERY_MS at most: 360 busy encoders are 1.2 rows a second.
 * After a restart of the board an encoder counts as last seen when it was stored, until it calls again within seconds.
 */
import { DAY_MS } from '../../../platform/days.ts';
import { type Encoder, encoderSchema } from '../../../protocol/tasks.ts';

const STORE_EVERY_MS = 5 * 60_000;
/** Three times the longest pause that the board asks for: one lost call makes no encoder gone. */
const GONE_AFTER_MS = 60_000;
/** How long a gone encoder is still listed. */
const KEEP_GONE_MS = DAY_MS;
/** Far above any fleet: encoders choose their ids, and a container that restarts chooses a new one. */
export const MAX_KNOWN = 5_000;

export const ENCODER_STATES = ['active', 'idle', 'gone'] as const;
type EncoderState = (typeof ENCODER_STATES)[number];

export type SeenEncoder = { encoder: Encoder; firstSeen: number; lastSeen: number };
export type EncoderSummary = SeenEncoder & { state: EncoderState; tasks: number };

/** An encoder that seems to be seen later than now was seen before the clock was set back. */
const isThere = (lastSeen: number, nowMs: number): boolean => Math.abs(nowMs - lastSeen) < GONE_AFTER_MS;

export class EncoderRegistry {
  readonly #sql: SqlStorage;
  /** In the order in which they were last seen. */
  readonly #known = new Map<string, SeenEncoder & { storedAt: number }>();

  constructor(sql: SqlStorage, nowMs: number) {
    this.#sql = sql;
    const rows = sql.exec<{ id: string; said: string; first_seen: number; last_seen: number }>(
      'SELECT * FROM encoders ORDER BY last_seen',
    );
    for (const { id, said, first_seen: firstSeen, last_seen } of rows) {
      // After the clock was set back, a time in the future would keep it listed for as long.
      const lastSeen = Math.min(last_seen, nowMs);
      const parsed = encoderSchema.safeParse(JSON.parse(said));
      if (parsed.success) {
        this.#known.set(id, { encoder: parsed.data, firstSeen, lastSeen, storedAt: lastSeen });
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

  /** How many encoders are present, busy or not, and their cores together. */
  fleet(nowMs: number): { encoders: number; cores: number } {
    const present = [...this.#known.values()].filter(({ lastSeen }) => isThere(lastSeen, nowMs));
    return { encoders: present.length, cores: present.reduce((sum, { encoder }) => sum + encoder.cores, 0) };
  }
}
