import { MongoError } from './errors';

/** Elements that loops over arrays may visit for one document, some tenths of a second of work. */
const MAX_ELEMENTS = 1_000_000;
/** The largest string or array that an expression may build. */
export const MAX_TEXT_BYTES = 16 * 1024 * 1024;
export const MAX_ARRAY_ELEMENTS = 2_000_000;

const exceeded = (what: string) =>
  new MongoError('ExceededMemoryLimit', `${what}; the embedded store refuses it, set MONGO_URL to a MongoDB server`);

/** A bound for the work of expressions on one document, which runs in one piece. */
export interface WorkLimit {
  visit(elements: number): void;
}
export function createWorkLimit(): WorkLimit {
  let visited = 0;
  return {
    visit(elements) {
      visited += elements;
      if (visited > MAX_ELEMENTS) throw exceeded(`an expression visits more than ${MAX_ELEMENTS} array elements for one document`);
    },
  };
}
export const boundedText = (text: string): string => {
  if (text.length > MAX_TEXT_BYTES) throw exceeded(`an expression builds a string of more than ${MAX_TEXT_BYTES} bytes`);
  return text;
};
export const boundedArray = <T>(values: T[]): T[] => {
  if (values.length > MAX_ARRAY_ELEMENTS) throw exceeded(`an expression builds an array of more than ${MAX_ARRAY_ELEMENTS} elements`);
  return values;
};
