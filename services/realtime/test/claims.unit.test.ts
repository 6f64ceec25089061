import { createClaims } from '../src/claims';

const times = (start = 0) => {
  let ms = start;
  return { now: () => new Date(ms), pass: (more: number) => void (ms += more) };
};
/** As Redis answers SET NX. */
const createRedisLike = () => {
  const taken = new Set<string>();
  const claim = async (keys: string[]) => keys.map((key) => taken.size < taken.add(key).size);
  return { taken, claim };
};
const list = (ids: Set<string>) => [...ids];

test('when the same node is asked again, then it is first once, until the time is over', async () => {
  const { now, pass } = times();
  const claims = createClaims({ cluster: undefined, forMs: 1_000, now });
  expect(list(await claims.first(['a', 'b', 'a']))).toEqual(['a', 'b']);
  expect(list(await claims.first(['a', 'c']))).toEqual(['c']);
  pass(1_001);
  expect(list(await claims.first(['a']))).toEqual(['a']);
});

test('when two nodes are asked at once, then one of them is first', async () => {
  const cluster = createRedisLike();
  const [one, two] = [0, 1].map(() => createClaims({ cluster, forMs: 1_000, now: times().now }));
  const [here, there] = await Promise.all([one!.first(['a', 'b']), two!.first(['b', 'c'])]);
  expect([...list(here), ...list(there)].sort()).toEqual(['a', 'b', 'c']);
});

test('when one node is asked twice at once, or Redis is away, then it goes by what it knows itself', async () => {
  const cluster = { claim: () => Promise.reject(new Error('away')) };
  const claims = createClaims({ cluster, forMs: 1_000, now: times().now });
  const [one, two] = await Promise.all([claims.first(['a']), claims.first(['a'])]);
  expect([list(one), list(two)]).toEqual([['a'], []]);
});
