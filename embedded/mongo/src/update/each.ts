import type { Apply, Place } from './places';
import { places, read } from './places';

/** The same change at every place a path leads to. */
export const each =
  (create: boolean, change: (place: Place, value: unknown, path: string) => void) =>
  (path: string): Apply =>
  (doc, context) => {
    for (const place of places(doc, path, create, context)) change(place, read(place), path);
  };
