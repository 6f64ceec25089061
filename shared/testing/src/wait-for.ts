/**
 * Resolves with the first value that is not undefined, null or false; rejects when the deadline
 * passes first.
 */
export async function waitFor<T>(look: () => T | Promise<T>, what = 'the awaited state', deadlineMs = 10_000): Promise<NonNullable<T>> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > until) throw new Error(`${what} did not come about within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
