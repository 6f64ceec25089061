import type { Doc } from '../bson';
import { PORTION } from '../find';
import type { Variables } from '../expressions/expression';
import type { Lease } from '../memory-budget';
import type { Work } from '../scheduler';

/** Documents in portions, so that a stage can pause between two of them. */
export type Docs = AsyncIterable<Doc[]>;
export interface StageContext {
  variables: Variables;
  work: Work;
  /** Accounts for what a stage holds in memory. */
  lease: Lease;
  /** Runs a pipeline on another collection of the same database. */
  run(from: string, pipeline: Doc[], variables: Variables): Promise<Doc[]>;
}
export type Stage = (docs: Docs, context: StageContext) => Docs;

/** What a stage is compiled in. */
export interface StageCompiler {
  /** The variables that its expressions may name. */
  names: readonly string[];
  /** Compiles a pipeline inside the stage. */
  compile(pipeline: unknown, names: readonly string[]): Stage[];
}

/** A stage that makes of each document any number of documents. */
export const perDocument = (apply: (doc: Doc, context: StageContext) => Iterable<Doc> | Promise<Iterable<Doc>>): Stage =>
  async function* (docs, context) {
    let portion: Doc[] = [];
    for await (const given of docs) {
      for (const doc of given) {
        const made = apply(doc, context);
        for (const one of made instanceof Promise ? await made : made) {
          portion.push(one);
          if (portion.length < PORTION) continue;
          yield portion;
          portion = [];
        }
        if (context.work.due()) await context.work.pause();
      }
      if (portion.length > 0) yield portion;
      portion = [];
    }
  };
/** A stage that looks at all documents before it answers any. */
export const overAll = (apply: (docs: Docs, context: StageContext) => Promise<Doc[]>): Stage =>
  async function* (docs, context) {
    const all = await apply(docs, context);
    for (let at = 0; at < all.length; at += PORTION) yield all.slice(at, at + PORTION);
  };
/** Passes each document to `each`, with pauses. */
export async function eachDoc(docs: Docs, { work }: StageContext, each: (doc: Doc) => void): Promise<void> {
  for await (const portion of docs)
    for (const doc of portion) {
      each(doc);
      if (work.due()) await work.pause();
    }
}
