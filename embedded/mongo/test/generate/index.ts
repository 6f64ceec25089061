import { createDocuments } from './documents';
import { createPipelines } from './pipelines';
import type { Random } from './random';
import { createUpdates } from './updates';

export type { Doc } from './documents';

/** Everything random that the suites compare by. */
export function createGenerator(random: Random) {
  const documents = createDocuments(random);
  return { ...documents, ...createUpdates(random, documents), ...createPipelines(random, documents) };
}
export type Generator = ReturnType<typeof createGenerator>;
