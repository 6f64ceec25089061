import type { RequestHandler } from 'express';
import { createAsyncApi } from './asyncapi';
import { createOpenApi } from './openapi';

/** Grows with the contract: the first number when it breaks, before 1.0 the second one. */
export const CONTRACT_VERSION = '0.2.0';

/** Serves the machine-readable contract, made at the first request. */
export function createContractPages(basePath = ''): RequestHandler {
  const documents = new Map<string, () => object>([
    ['/openapi.json', () => createOpenApi(CONTRACT_VERSION, basePath)],
    ['/asyncapi.json', () => createAsyncApi(CONTRACT_VERSION, basePath)],
  ]);
  const made = new Map<string, string>();
  return (request, response, next) => {
    const create = documents.get(request.path);
    if (create === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return next();
    const text = made.get(request.path) ?? JSON.stringify(create(), null, 2);
    made.set(request.path, text);
    response.set('cache-control', 'no-cache').type('application/json').send(text);
  };
}
