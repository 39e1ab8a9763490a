/** How many containers the open tasks are worth, and whether one of them may stop. Pure. */

export type OpenTasks = { waiting: number; leased: number };

export type FleetLimits = {
  /** Containers at most: what a film may cost. */
  max: number;
  /** Tasks that one container does at a time. */
  slots: number;
};

/**
 * Containers that should run now: the first so many of the fleet, so that saying it twice starts nothing twice, whatever is
 * still booting. While nothing waits it is none, which stops nobody: a container that has work keeps itself (`mayStop`).
 * Leased tasks count too, since they are in somebody's hands and the waiting ones need others; where those hands are
 * encoders of your own, a few containers too many are started, and stop when they find nothing.
 */
export function wantedContainers({ waiting, leased }: OpenTasks, { max, slots }: FleetLimits): number {
  return waiting <= 0 ? 0 : Math.min(max, Math.ceil((waiting + leased) / slots));
}

/** The n-th container's name is its encoder's id at the board: by it the container finds its own tasks. */
export const containerName = (index: number): string => `container-${index + 1}`;

export type KnownEncoder = { encoder: { id: string }; tasks: number };

/** Whether it has nothing to do: the board does not know it, or knows that it holds no task. */
export const mayStop = (name: string, known: readonly KnownEncoder[]): boolean =>
  known.every(({ encoder, tasks }) => encoder.id !== name || tasks === 0);
