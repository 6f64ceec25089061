import { isRetryable } from '@linsta/contracts';
import { fromUpstream, type AppError } from '@linsta/core';

/** The refusal of one item of a batch, as REST answers it. */
export const toRefusal = ({ code, message }: { code: string; message: string }): AppError =>
  fromUpstream(code, message, { ...(isRetryable(code) && { retryAfterSeconds: 2 }) });
