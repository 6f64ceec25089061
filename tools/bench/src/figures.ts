export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
/**
 * Each target in turn, round after round, so that a machine's mood meets all of them; the figures
 * of each, in the order of the targets.
 */
export async function interleaved<T, Figure>(rounds: number, targets: T[], measure: (target: T) => Promise<Figure>): Promise<Figure[][]> {
  const figures = targets.map((): Figure[] => []);
  for (let round = 0; round < rounds; round += 1) for (const [at, target] of targets.entries()) figures[at]?.push(await measure(target));
  return figures;
}
export const percentile = (values: number[], p: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? NaN;
};
export const spread = (values: number[], digits = 0): string =>
  `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;

/**
 * How late this process's own timers ran; a run in which the load lagged says nothing about the
 * server.
 */
export function watchLag() {
  const lags: number[] = [];
  let expected = performance.now() + 10;
  const timer = setInterval(() => {
    const now = performance.now();
    lags.push(Math.max(0, now - expected));
    expected = now + 10;
  }, 10);
  return {
    stop() {
      clearInterval(timer);
      return percentile(lags, 99);
    },
  };
}
