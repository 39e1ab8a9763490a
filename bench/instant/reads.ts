/** What an isolate has asked of the bucket. */

const newRead = () => ({ reads: 0, bytes: 0 });

export const newReads = () => ({
  /** By what the object is. `bytes`: asked for, so those of a body that was left are counted too. */
  source: newRead(),
  index: newRead(),
  other: newRead(),
  state: newRead(),
  /** Writes, deletions, lists and uploads in parts. */
  others: 0,
});
export type Reads = Readonly<ReturnType<typeof newReads>>;
