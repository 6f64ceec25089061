/** Numbers that came before a lower one; with more, the next resync brings the rest. */
const MAX_EARLY = 500;

/**
 * Which changes of a room are known: all up to `upTo`, and the `early` ones above a gap. `upTo` is
 * undefined where the server does not number changes.
 */
export interface Revs {
  readonly upTo: number | undefined;
  readonly early: ReadonlySet<number>;
}
export const noRevs: Revs = { upTo: undefined, early: new Set() };
export const hasGap = ({ early }: Revs): boolean => early.size > 0;

/** All changes up to `rev` are known. */
export function noteAll({ upTo, early }: Revs, rev: number | undefined): Revs {
  if (rev === undefined) return { upTo, early };
  return settle(Math.max(upTo ?? 0, rev), [...early]);
}
/** The change `rev` is known; those before it may have been missed. */
export function noteOne(revs: Revs, rev: number): Revs {
  const { upTo, early } = revs;
  if (upTo === undefined || rev <= upTo || early.size >= MAX_EARLY) return revs;
  return settle(upTo, [...early, rev]);
}
/** After a reset: the answered number is the first that is known. */
export const startFrom = (rev: number): Revs => ({ upTo: rev, early: new Set() });

function settle(from: number, numbers: number[]): Revs {
  const early = new Set(numbers.filter((rev) => rev > from));
  let upTo = from;
  while (early.delete(upTo + 1)) upTo += 1;
  return { upTo, early };
}
