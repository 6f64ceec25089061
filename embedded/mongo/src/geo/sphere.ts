import type { Edge, Geometry, Path, Polygon, Position, Vector } from './shapes';

/** MongoDB's radius of the earth, in metres. */
export const EARTH_METRES = 6_378_100;
/** Positions as near as this, in radians, are the same: less than a millimetre. */
const SAME = 1e-10;

function vectorOf([longitude, latitude]: Position): Vector {
  const [along, up] = [(longitude * Math.PI) / 180, (latitude * Math.PI) / 180];
  return [Math.cos(up) * Math.cos(along), Math.cos(up) * Math.sin(along), Math.sin(up)];
}
const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const lengthOf = (a: Vector) => Math.sqrt(dot(a, a));
/** The angle between two positions, in radians. */
export function distance(from: Position, to: Position): number {
  const [a, b] = [vectorOf(from), vectorOf(to)];
  return Math.atan2(lengthOf(cross(a, b)), dot(a, b));
}
const isSame = (a: Vector, b: Vector) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2 < SAME ** 2;

export function pathOf(positions: readonly Position[]): Path {
  const points = positions.map(vectorOf);
  const edges = points.slice(1).map((b, at): Edge => {
    const a = points[at] ?? b;
    return { a, b, normal: cross(a, b) };
  });
  const sum = points.slice(1).reduce<Vector>((all, one) => [all[0] + one[0], all[1] + one[1], all[2] + one[2]], [0, 0, 0]);
  const reach = points.reduce((least, one) => Math.min(least, dot(one, sum)), Infinity);
  return { points, edges, middle: reach > 0 ? sum : undefined, reach };
}
const pathsOf = (shape: Geometry): Path[] => (shape.kind === 'point' ? [pathOf([shape.at])] : shape.paths);

/** Whether a point lies on an edge. */
function isOn(point: Vector, { a, b, normal }: Edge): boolean {
  const height = Math.abs(dot(normal, point));
  if (height > 2 * SAME) return false;
  if (isSame(point, a) || isSame(point, b)) return true;
  return height < SAME * lengthOf(normal) && dot(cross(normal, a), point) > 0 && dot(cross(b, normal), point) > 0;
}

/** Whether an edge of one path crosses an edge of another; edges that only touch do not cross. */
export const crosses = (one: Path, other: Path): boolean =>
  one.edges.some(({ a, b, normal }) =>
    other.edges.some(({ a: c, b: d, normal: through }) => {
      const side = -dot(normal, c);
      if (side * dot(normal, d) <= 0 || side * -dot(through, b) <= 0 || side * dot(through, a) <= 0) return false;
      return !(isSame(a, c) || isSame(a, d) || isSame(b, c) || isSame(b, d));
    }),
  );
const touches = (one: Path, other: Path) => one.points.some((point) => other.edges.some((edge) => isOn(point, edge)));
const meets = (one: Path, other: Path) => crosses(one, other) || touches(one, other) || touches(other, one);

/** Where a point lies: by the angles under which it sees the edges of the ring. */
function placeIn(point: Vector, { edges, middle, reach }: Path): 'inside' | 'edge' | 'outside' {
  if (middle === undefined || dot(point, middle) < reach - SAME) return 'outside';
  if (edges.some((edge) => isOn(point, edge))) return 'edge';
  let turn = 0;
  for (const { a, b, normal } of edges) turn += Math.atan2(dot(point, normal), dot(a, b) - dot(point, a) * dot(point, b));
  return Math.abs(turn) > Math.PI ? 'inside' : 'outside';
}

const covers = ({ paths: [outer, ...holes] }: Polygon, point: Vector): boolean =>
  outer !== undefined && placeIn(point, outer) !== 'outside' && holes.every((hole) => placeIn(point, hole) !== 'inside');
/** Whether all of a shape lies in a polygon, its edge included. */
export function contains(polygon: Polygon, shape: Geometry): boolean {
  const paths = pathsOf(shape);
  const [outer] = paths;
  return (
    paths.every(({ points }) => points.every((point) => covers(polygon, point))) &&
    !paths.some((path) => polygon.paths.some((ring) => crosses(path, ring))) &&
    (shape.kind !== 'polygon' ||
      outer === undefined ||
      polygon.paths.slice(1).every(({ points }) => !points.some((point) => placeIn(point, outer) === 'inside')))
  );
}
/** Whether two shapes have a point in common. */
export function intersects(one: Geometry, other: Geometry): boolean {
  const [a, b] = [pathsOf(one), pathsOf(other)];
  if (one.kind === 'point' && other.kind === 'point') return distance(one.at, other.at) < SAME;
  if (a.some((path) => b.some((ring) => meets(path, ring)))) return true;
  const begins = (shape: Geometry, [path]: Path[]) => {
    const point = path?.points[0];
    return shape.kind === 'polygon' && point !== undefined && covers(shape, point);
  };
  return begins(one, b) || begins(other, a);
}
