/** What delivery keeps between requests, one set per environment: settings, the object source, and bounded memories. */
import { type Config, configOf } from '../config.ts';
import { type SessionTokens, sessionTokensOf } from '../playback/sessions.ts';
import type { DeliveryEnv } from './env.ts';
import type { ObjectSource } from './objects.ts';
import { Presentations } from './presentations.ts';
import { EdgeState } from './state.ts';
import { sourcesOf } from './tiers/chain.ts';

export type Isolate = {
  config: Config;
  /** What never changes under its key. */
  objects: ObjectSource;
  state: EdgeState;
  presentations: Presentations;
  sessions: SessionTokens;
};

const isolates = new WeakMap<DeliveryEnv, Isolate>();

/** Throws AppError `misconfigured`. */
export function isolateOf(env: DeliveryEnv): Isolate {
  const known = isolates.get(env);
  if (known !== undefined) {
    return known;
  }
  const config = configOf(env);
  const { media, state } = sourcesOf(env, config);
  const isolate: Isolate = {
    config,
    objects: media,
    state: new EdgeState(state, config.EDGE_STATE_SECONDS),
    presentations: new Presentations(media),
    sessions: sessionTokensOf(config),
  };
  isolates.set(env, isolate);
  return isolate;
}
