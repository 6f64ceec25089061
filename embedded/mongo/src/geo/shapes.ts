/** A longitude and a latitude, or x and y of a plane. */
export type Position = readonly [x: number, y: number];
/**
 * A shape. `flat`: a legacy coordinate pair; everything else lies on the sphere. The rings of a
 * polygon are closed: the first path is its edge, every other one a hole.
 */
export type Geometry = { kind: 'point'; at: Position; flat: boolean } | Line | Polygon;
interface Line {
  kind: 'line';
  positions: Position[];
  paths: Path[];
}
export interface Polygon {
  kind: 'polygon';
  positions: Position[];
  paths: Path[];
}

/** A point of the unit sphere. */
export type Vector = readonly [x: number, y: number, z: number];
/** From `a` to `b` along the shortest way; `normal` is at right angles to that way. */
export interface Edge {
  a: Vector;
  b: Vector;
  normal: Vector;
}
/** A line, or a ring, which ends where it begins. */
export interface Path {
  points: Vector[];
  edges: Edge[];
  /** The middle of a ring; undefined where it spans a hemisphere or more. */
  middle: Vector | undefined;
  /** Each point of the path has at least this product with the middle. */
  reach: number;
}
