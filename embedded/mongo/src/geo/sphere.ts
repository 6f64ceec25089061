import type { Geometry, Position } from './geometry';

/** A point of the unit sphere. */
type Vector = readonly [x: number, y: number, z: number];
/** MongoDB's radius of the earth, in metres. */
export const EARTH_METRES = 6_378_100;
/** Positions as near as this, in radians, are the same: less than a millimetre. */
const SAME = 1e-10;

export function vectorOf([longitude, latitude]: Position): Vector {
  const [along, up] = [(longitude * Math.PI) / 180, (latitude * Math.PI) / 180];
  return [Math.cos(up) * Math.cos(along), Math.cos(up) * Math.sin(along), Math.sin(up)];
}
const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const length = (a: Vector) => Math.hypot(a[0], a[1], a[2]);
const angle = (a: Vector, b: Vector) => Math.atan2(length(cross(a, b)), dot(a, b));
/** The angle between two positions, in radians. */
export const distance = (a: Position, b: Position) => angle(vectorOf(a), vectorOf(b));

/** Whether a point lies on the edge from `a` to `b`. */
function isOn(point: Vector, a: Vector, b: Vector): boolean {
  if (angle(point, a) < SAME || angle(point, b) < SAME) return true;
  const normal = cross(a, b);
  const size = length(normal);
  if (size === 0 || Math.abs(dot(normal, point)) / size >= SAME) return false;
  return dot(cross(normal, a), point) > 0 && dot(cross(b, normal), point) > 0;
}
const edges = (path: readonly Vector[]) => path.slice(1).map((to, at) => [path[at] ?? to, to] as const);

/** Whether an edge of one path crosses an edge of another; edges that only touch do not cross. */
export function crosses(one: readonly Vector[], other: readonly Vector[]): boolean {
  return edges(one).some(([a, b]) => {
    const ab = cross(a, b);
    return edges(other).some(([c, d]) => {
      const [acb, bda] = [-dot(ab, c), dot(ab, d)];
      if (acb * bda <= 0 || [a, b].some((end) => angle(end, c) < SAME || angle(end, d) < SAME)) return false;
      const cd = cross(c, d);
      return acb * -dot(cd, b) > 0 && acb * dot(cd, a) > 0;
    });
  });
}
const touches = (one: readonly Vector[], other: readonly Vector[]) => one.some((point) => edges(other).some(([a, b]) => isOn(point, a, b)));
const meets = (one: readonly Vector[], other: readonly Vector[]) => crosses(one, other) || touches(one, other) || touches(other, one);

/** The middle of a ring; undefined where the ring spans a hemisphere or more. */
function middleOf(ring: readonly Vector[]): Vector | undefined {
  const sum = ring.slice(1).reduce<Vector>((all, one) => [all[0] + one[0], all[1] + one[1], all[2] + one[2]], [0, 0, 0]);
  return ring.every((one) => dot(one, sum) > 0) ? sum : undefined;
}
export const isBelowHemisphere = (ring: readonly Position[]) => middleOf(ring.map(vectorOf)) !== undefined;

/** Where a point lies: by the angles under which it sees the edges of the ring. */
function placeIn(point: Vector, ring: readonly Vector[]): 'inside' | 'edge' | 'outside' {
  if (edges(ring).some(([a, b]) => isOn(point, a, b))) return 'edge';
  const middle = middleOf(ring);
  // Seen from the other side of the sphere, the ring turns around the point as well.
  if (middle === undefined || dot(point, middle) <= 0) return 'outside';
  const turn = edges(ring).reduce((sum, [a, b]) => {
    const [toA, toB] = [cross(point, a), cross(point, b)];
    return sum + Math.atan2(dot(point, cross(toA, toB)), dot(toA, toB));
  }, 0);
  return Math.abs(turn) > Math.PI ? 'inside' : 'outside';
}

const pathsOf = (shape: Geometry): Vector[][] => {
  if (shape.kind === 'point') return [[vectorOf(shape.at)]];
  return (shape.kind === 'line' ? [shape.positions] : shape.rings).map((path) => path.map(vectorOf));
};
type Polygon = Extract<Geometry, { kind: 'polygon' }>;

function covers(rings: readonly Vector[][], point: Vector): boolean {
  const [outer = [], ...holes] = rings;
  return placeIn(point, outer) !== 'outside' && holes.every((hole) => placeIn(point, hole) !== 'inside');
}
/** Whether all of a shape lies in a polygon, its edge included. */
export function contains(polygon: Polygon, shape: Geometry): boolean {
  const rings = pathsOf(polygon);
  const paths = pathsOf(shape);
  return (
    paths.every((path) => path.every((point) => covers(rings, point)) && !rings.some((ring) => crosses(path, ring))) &&
    (shape.kind !== 'polygon' || rings.slice(1).every((hole) => !hole.some((point) => placeIn(point, paths[0] ?? []) === 'inside')))
  );
}
/** Whether two shapes have a point in common. */
export function intersects(one: Geometry, other: Geometry): boolean {
  const [a, b] = [pathsOf(one), pathsOf(other)];
  if (one.kind === 'point' && other.kind === 'point') return distance(one.at, other.at) < SAME;
  if (a.some((path) => b.some((with_) => meets(path, with_)))) return true;
  const begins = (shape: Geometry, paths: Vector[][], point: Vector | undefined) =>
    shape.kind === 'polygon' && point !== undefined && covers(paths, point);
  return begins(one, a, b[0]?.[0]) || begins(other, b, a[0]?.[0]);
}
