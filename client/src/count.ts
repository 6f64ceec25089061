/** The server is asked again once for all changes within this time. */
const RECOUNT_MS = 300;

/**
 * A number of the server's beside live changes: an answer holds only if nothing changed while it was on its way, otherwise it is asked for again. `settle` gets the
 * numbers that hold.
 */
export function createCount(ask: () => Promise<number>, settle: (count: number) => void) {
  let changes = 0;
  let recounting: ReturnType<typeof setTimeout> | undefined;

  /** Call before asking the server; its answer goes to what this returns. */
  const asking = () => {
    const before = changes;
    return (count: number) => (changes === before ? settle(count) : recount());
  };
  const recount = () => {
    recounting ??= setTimeout(() => {
      recounting = undefined;
      ask().then(asking(), () => undefined);
    }, RECOUNT_MS);
  };
  return { changed: () => void (changes += 1), asking, recount };
}
