/** A running system that a whole test file shares, between `beforeAll` and `afterAll`. */
import { type TestSystem, withSystem } from './with-system.ts';

export type HeldSystem = { system: TestSystem; release(): Promise<void> };

export async function holdSystem(options: Parameters<typeof withSystem>[0]): Promise<HeldSystem> {
  const started = Promise.withResolvers<TestSystem>();
  const released = Promise.withResolvers<void>();
  const running = withSystem(options, async (system) => {
    started.resolve(system);
    await released.promise;
  });
  running.catch(started.reject);
  const system = await started.promise;
  return {
    system,
    async release() {
      released.resolve();
      await running;
    },
  };
}
