/** What `parse` returns; null where it throws. */
export function parsed<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}
