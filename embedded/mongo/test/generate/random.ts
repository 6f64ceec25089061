import fc from 'fast-check';

/**
 * The draws that generators here are written with. They come from a list that fast-check makes: a
 * failure shrinks towards small numbers, which stand for the first and plainest choice each.
 */
export function createRandom(draws: readonly number[]) {
  let at = 0;
  const next = () => {
    const draw = draws[at % draws.length] ?? 0;
    at += 1;
    return draw;
  };
  const int = (below: number) => next() % below;
  const chance = (probability: number) => next() / MAX_DRAW > 1 - probability;
  const pick = <T>(...choices: T[]): T => choices[int(choices.length)] as T;
  return { int, pick, chance };
}
export type Random = ReturnType<typeof createRandom>;

const MAX_DRAW = 2 ** 31 - 1;
/** This number of draws, all equally likely. */
export const draws = (length: number) => fc.array(fc.noBias(fc.nat(MAX_DRAW)), { minLength: length, maxLength: length });

/** One seed unless TEST_SEED names another: a red run can be repeated. */
export const testSeed = Number(process.env.TEST_SEED ?? 1);

/** Reports a failure by its shrunk cause; the draws themselves say nothing to a reader. */
export function reporter<T>({ failed, seed, numRuns, numShrinks, errorInstance }: fc.RunDetails<T>): void {
  if (!failed) return;
  const cause = errorInstance instanceof Error ? errorInstance.message : 'interrupted before the first run ended';
  throw new Error(`seed ${seed}, run ${numRuns}, shrunk ${numShrinks} times\n${cause}`);
}
