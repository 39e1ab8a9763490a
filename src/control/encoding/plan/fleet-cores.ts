/** How large the fleet is that a plan is made for: the one place where plans learn of encoders. */
import { configOf } from '../../../config.ts';
import { DEFAULT_FLEET_CORES } from '../../../protocol/plan.ts';
import { type BoardEnv, taskBoard } from '../board/board-stub.ts';

/** Cores of all encoders together; what is configured, where encoders are started only when there is work for them. */
export async function fleetCores(env: BoardEnv): Promise<number> {
  const configured = configOf(env).FLEET_CORES;
  return configured === 'auto' ? Math.max(DEFAULT_FLEET_CORES, await taskBoard(env).fleetCores()) : configured;
}
