import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { Router, type RequestHandler } from 'express';
import { createContractPages } from './contract/contract';
import { isLocalHost } from './origins';
import { welcome } from './welcome';

export interface DemoUser {
  name: string;
  email: string;
  password: string;
}

/** Beside the gateway in the repository and in the image alike. */
const WEB_DIRECTORY = join(__dirname, '..', '..', 'web', 'dist');

/** A page of the app; a path with an extension is a file that is not there. */
const isNavigation = (path: string) => !/\.[a-z0-9]{1,10}$/i.test(path);

/**
 * What stands at the gateway beside the API: the contract, and the web app where it was built (else
 * a small welcome page).
 */
export function createPages({
  directory = WEB_DIRECTORY,
  demoUsers,
}: { directory?: string; demoUsers?: readonly DemoUser[] } = {}): RequestHandler {
  const pages = Router();
  pages.use(createContractPages());
  pages.get('/demo-users.json', (request, response, next) => {
    // A page of a foreign name that points at this machine must not read it.
    if (demoUsers === undefined || !isLocalHost(request.headers.host)) return next('router');
    response.set('cache-control', 'no-store').json(demoUsers);
  });
  const index = join(directory, 'index.html');
  if (!existsSync(index)) return pages.use(welcome);
  // Assets carry a hash of their content in their name.
  pages.use('/assets', express.static(join(directory, 'assets'), { immutable: true, maxAge: '365d', index: false, redirect: false }));
  pages.use(express.static(directory, { index: false, redirect: false, maxAge: 0 }));
  pages.use((request, response, next) => {
    if ((request.method !== 'GET' && request.method !== 'HEAD') || !isNavigation(request.path)) return next();
    response.set('cache-control', 'no-cache').sendFile(index);
  });
  return pages;
}
