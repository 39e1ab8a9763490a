/** What delivery keeps between requests, one set per environment: settings, the object source, and bounded memories. */
import { type Config, configOf } from '../config.ts';
import { type SessionTokens, sessionTokensOf } from '../playback/sessions.ts';
import type { DeliveryEnv } from './env.ts';
import { type ObjectSource, R2Objects } from './objects.ts';
import { Presentations } from './presentations.ts';
import { EdgeState } from './state.ts';

export type Isolate = {
  config: Config;
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
  const objects = new R2Objects(env.MEDIA);
  const isolate: Isolate = {
    config,
    objects,
    state: new EdgeState(objects, config.EDGE_STATE_SECONDS),
    presentations: new Presentations(objects),
    sessions: sessionTokensOf(config),
  };
  isolates.set(env, isolate);
  return isolate;
}
