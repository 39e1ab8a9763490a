/** Values of earlier answers (ids, cursors, keys), which later requests name: without them no request gets past a 404. */
import type { PlacedOperation } from '../../../scripts/docs/openapi-model.ts';

/** Where a value of an earlier answer goes, the latest with `pick` 0; `otherwise` where there is none yet. */
export class Earlier {
  readonly names: readonly string[];
  readonly pick: number;
  readonly otherwise: unknown;

  constructor(names: readonly string[], pick: number, otherwise: unknown) {
    this.names = names;
    this.pick = pick;
    this.otherwise = otherwise;
  }
}

/** `of`: the path parameters of the request whose answer had the value. A track is of one asset. */
type Known = { text: string; of: ReadonlyMap<string, string> };

/** So few that one request in a few hits what another has just changed. */
const MAX_KNOWN = 12;
/** Cursors, links and addresses; no text of films. */
const MAX_LENGTH = 2_000;

/** `{id}` of `/assets/{id}` is an asset's. */
export function namesOfParameter(path: string, name: string): string[] {
  const [, resource] = new RegExp(`/([^/{}]+)/\\{${name}\\}`).exec(path) ?? [];
  return resource === undefined ? [name] : [resource, name];
}

const plural = (name: string): string => (name.endsWith('s') ? name : `${name}s`);

export class EarlierValues {
  readonly #known = new Map<string, Known[]>();

  constructor(first: Readonly<Record<string, string>> = {}) {
    for (const [name, text] of Object.entries(first)) {
      this.#learn(name, { text, of: new Map() });
    }
  }

  #learn(name: string, value: Known): void {
    const values = this.#known.get(name) ?? [];
    if (value.text.length <= MAX_LENGTH && !values.some(({ text }) => text === value.text)) {
      this.#known.set(name, [...values, value].slice(-MAX_KNOWN));
    }
  }

  #find({ names, pick }: Earlier): Known | undefined {
    const values = names.flatMap((name) => this.#known.get(name) ?? []);
    return values.at(-1 - (pick % Math.max(1, values.length)));
  }

  /** Learns what an answer names: each member by its own name, `id` by the name of what it is the id of. */
  learn({ path }: PlacedOperation, of: ReadonlyMap<string, string>, headers: Headers, body: unknown): void {
    const resource = /([^/{}]+)(\/\{\w+\})?$/.exec(path)?.[1] ?? '';
    const walk = (value: unknown, name: string): void => {
      for (const [key, member] of Object.entries(Object(value))) {
        if (typeof member === 'string') {
          this.#learn(key === 'id' ? plural(name) : key, { text: member, of });
        } else if (typeof member === 'object') {
          walk(member, Array.isArray(value) ? name : key);
        }
      }
    };
    walk(body, resource);
    for (const [name, text] of headers) {
      this.#learn(name, { text, of });
    }
    const [, collection, id] = /\/v1\/([\w-]+)\/([\w-]+)$/.exec(headers.get('location') ?? '') ?? [];
    if (collection !== undefined && id !== undefined) {
      this.#learn(collection, { text: id, of: new Map() });
    }
  }

  /** A value in which every `Earlier` is replaced. */
  fill(value: unknown): unknown {
    if (value instanceof Earlier) {
      return this.#find(value)?.text ?? value.otherwise;
    }
    if (Array.isArray(value)) {
      return value.map((item) => this.fill(item));
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    // Not by assignment, which `__proto__` would not survive.
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.fill(member)]));
  }

  /** The segments of a path: the asset is the one that the chosen track is of. */
  fillPath(parameters: ReadonlyMap<string, unknown>): Map<string, string> {
    const filled = new Map<string, string>();
    let of: ReadonlyMap<string, string> = new Map();
    for (const [name, value] of [...parameters].reverse()) {
      const known = value instanceof Earlier ? this.#find(value) : undefined;
      const related = value instanceof Earlier ? of.get(name) : undefined;
      filled.set(name, related ?? known?.text ?? String(this.fill(value)));
      of = known?.of ?? of;
    }
    return filled;
  }
}
