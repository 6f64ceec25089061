import type { Operation } from './generate/operations';

interface Difference {
  what: string;
  reason: string;
  /** Without one, the generator makes none of them. */
  applies?: (operation: Operation) => boolean;
}

/**
 * Where the independent server (DocumentDB 1.0) and MongoDB part, or where no one promises
 * anything: these are not compared. Everything else that differs is a fault of the embedded store.
 */
export const DIFFERENCES: Difference[] = [
  {
    what: '$expr beside a positional $',
    reason: 'DocumentDB refuses $expr in the filter of such an update; MongoDB does not.',
    applies: ({ shape }) => has(shape.filter, '$expr') && JSON.stringify(shape.update ?? {}).includes('.$'),
  },
  {
    what: '$elemMatch under the second key of a compound index',
    reason: 'DocumentDB crashes.',
    applies: ({ shape }) => /"(n|s|b|a|u)":\{"\$elemMatch"/.test(JSON.stringify(shape)),
  },
  {
    what: 'a compound _id of $group over a missing field',
    reason: 'MongoDB leaves the field out, as in every computed document; DocumentDB writes null.',
    applies: ({ shape }) => JSON.stringify(shape).includes('"_id":{"s":"$s"'),
  },
  {
    what: '$expr inside $nor or $or of an upsert',
    reason: 'MongoDB refuses $expr anywhere in it; DocumentDB looks for it at the top and in $and alone.',
    applies: ({ shape }) => shape.upsert === true && (has(shape.filter, '$nor') || has(shape.filter, '$or')) && has(shape.filter, '$expr'),
  },
  {
    what: 'a positional $ in an upsert that inserts',
    reason: 'MongoDB refuses it: no element matched; DocumentDB passes over it with some operators.',
    applies: ({ shape }) => shape.upsert === true && JSON.stringify(shape.update ?? {}).includes('.$'),
  },
  {
    what: '$rename of a missing field into a document, in an upsert',
    reason: 'MongoDB’s documentation: $rename does nothing where the field is missing; DocumentDB makes an empty document.',
    applies: ({ shape }) => shape.upsert === true && has(shape.update, '$rename'),
  },
  {
    what: '$set of a.b in a pipeline where a is no document',
    reason: 'MongoDB’s documentation: the field is overwritten, where it stands; DocumentDB moves it behind the others.',
  },
  {
    what: 'the order of $lookup’s documents, and of those behind one with a let',
    reason: 'Nobody promises the first; DocumentDB joins and loses the second.',
  },
  {
    what: '$push, $first and $last of a $group',
    reason: 'MongoDB takes documents as they come; DocumentDB sorts them by the group first.',
  },
  {
    what: '{ $size: 0 } inside $elemMatch under an index',
    reason: 'An array inside the array has a size; DocumentDB finds it without an index and not with one.',
  },
  { what: '$bucket’s order', reason: 'MongoDB: by boundary; DocumentDB: none.' },
  { what: '$count of nothing', reason: 'MongoDB: no document; DocumentDB: a document with 0.' },
  {
    what: '$push that leaves no element in a field that was not there',
    reason: 'MongoDB makes an empty array, DocumentDB nothing; the documentation does not say.',
  },
  { what: 'a positional $ where the filter asks of two arrays', reason: 'MongoDB’s documentation: undefined.' },
  {
    what: 'a bulk in which an upsert breaks a unique index',
    reason: 'MongoDB notes it under the statement’s number; DocumentDB fails the whole command.',
  },
  {
    what: 'a $lookup variable of a missing field',
    reason: 'In MongoDB a variable may be missing, and equals what is missing; in DocumentDB not.',
  },
  { what: 'sorting by an empty array', reason: 'MongoDB’s documentation: below null; DocumentDB: above it.' },
  {
    what: 'stages behind one that removes fields',
    reason: 'DocumentDB runs them as one: the next still sees what was removed, or finds empty documents where there was nothing.',
  },
  {
    what: '{ $lte: null } inside $elemMatch',
    reason: 'It matches a missing field, as it does elsewhere; in DocumentDB elsewhere only.',
    applies: ({ shape }) => /"\$elemMatch":\{"k":\d+,"v":\{"\$lte":null/.test(JSON.stringify(shape)),
  },
  {
    what: 'the documents that $addToSet compares',
    reason: 'In MongoDB numbers are equal whatever their types, inside a document too; in DocumentDB not inside one.',
  },
  {
    what: 'an expression that fails in a field that no later stage reads',
    reason: 'DocumentDB does not compute the field before a $count; nobody promises either.',
  },
  {
    what: 'a malformed stage that no document reaches',
    reason: 'MongoDB refuses the pipeline before it runs; DocumentDB finds the fault when the first document comes.',
  },
  { what: 'the order of a set operator’s elements', reason: 'MongoDB’s documentation: unspecified.' },
  { what: 'whether a change to an equal value counts as modified', reason: 'Not the same from operator to operator.' },
  {
    what: 'which of two equal numbers of different types stands for both',
    reason: 'Nobody’s promise, in distinct, $group, $min and $max.',
  },
];

const has = (filter: unknown, key: string) => JSON.stringify(filter ?? {}).includes(`"${key}":`);

export const isExcepted = (operation: Operation) => DIFFERENCES.some(({ applies }) => applies?.(operation) === true);
