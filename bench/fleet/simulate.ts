/** Asks for a fleet in virtual time (fleet/worker). */
import { z } from 'zod';
import type { Simulation } from './model.ts';
import type { FleetSystem } from './system.ts';

/** The seconds from the first task to the last report. */
export async function simulate({ url }: FleetSystem, simulation: Simulation): Promise<number> {
  const body = JSON.stringify(simulation);
  const response = await fetch(new URL('/bench/simulate', url), { method: 'POST', body });
  return z.number().parse(await response.json());
}
