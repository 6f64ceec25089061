import { z } from 'zod';

/** RFC 9457; `code` is stable and for programs, `detail` a sentence for people. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;

/** What a socket's acknowledgement or `error` event says of a failure. */
export const socketError = z.object({ code: z.string(), message: z.string() }).meta({ id: 'SocketError' });
export type SocketError = z.infer<typeof socketError>;
