import { MAX_BATCH } from '@linsta/contracts/internal';
import { internalError, toAppError, type AppError, type Logger } from '@linsta/core';
import { createBatchQueue } from '@linsta/http';

/** The outcome of one item of a batch that was refused or failed. */
export interface Failed {
  ok: false;
  error: { code: AppError['code']; message: string; status: number };
}
export const failed = ({ code, message, status }: AppError): Failed => ({ ok: false, error: { code, message, status } });

/**
 * A batch queue whose items have outcomes of their own: what fails a whole batch is the outcome of
 * each of its items. `name` begins the log line of an unexpected failure.
 */
export function createOutcomeQueue<In, Outcome>(options: {
  name: string;
  send: (batch: In[]) => Promise<(Outcome | Failed)[]>;
  maxWaiting: number;
  logger: Logger;
}) {
  const { name, send, maxWaiting, logger } = options;
  const queue = createBatchQueue<In, Outcome | Failed>({ send, maxBatch: MAX_BATCH, maxWaiting });
  const failureOf = (error: unknown): Failed => {
    const known = toAppError(error);
    if (known === undefined) logger.error({ err: error }, `${name} failed`);
    return failed(known ?? internalError());
  };
  return {
    /** One outcome per item, in order; a 503-class failure during an outage. Never throws. */
    push: (items: In[]): Promise<(Outcome | Failed)[]> => Promise.all(items.map((item) => queue.push(item).catch(failureOf))),
    idle: () => queue.idle(),
  };
}
