export { select } from './core/store.js';
export { isRetryable, LinstaError, type LinstaErrorCode } from './errors.js';
export { createLinsta } from './linsta.js';
export { createIndexedDbOutbox, createMemoryOutbox } from './outbox/storage.js';
export { createSession } from './session/session.js';
export type * from './types.js';
