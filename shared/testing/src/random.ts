/**
 * Draws that a seed repeats (mulberry32): small, and good enough to choose what happens to whom.
 */
export function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    /** 0 to 1, without 1. */
    next,
    below,
    /** Both included. */
    between: (low: number, high: number) => low + below(high - low + 1),
    chance: (share: number) => next() < share,
    pick<T>(list: readonly T[]): T {
      const picked = list[below(list.length)];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    },
    /** Another row of draws, so that one user's luck does not hang on another's pace. */
    fork: (salt: number) => createRandom((Math.imul(state, 31) ^ Math.imul(salt + 1, 0x9e3779b1)) >>> 0),
  };
}
export type Random = ReturnType<typeof createRandom>;
