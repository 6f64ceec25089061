import { createRandom as createDraws } from '@linsta/testing';

/** The draws that generators here are written with: the same seed, the same run. */
export function createRandom(seed: number) {
  const { next, below, chance } = createDraws(seed);
  const pick = <T>(...choices: T[]): T => choices[below(choices.length)] as T;
  return { next, int: below, pick, chance };
}
export type Random = ReturnType<typeof createRandom>;

/** One seed unless TEST_SEED names another: a red run can be repeated. */
export const testSeed = Number(process.env.TEST_SEED ?? 1);
