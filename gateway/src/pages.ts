import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Router, type RequestHandler } from 'express';
import expressStaticGzip from 'express-static-gzip';
import { createContractPages } from './contract/contract';
import type { GatewayConfig } from './config';
import { isLocalHost } from './origins';
import { createWelcome } from './welcome';

export interface DemoUser {
  name: string;
  email: string;
  password: string;
}

/** Beside the gateway in the repository and in the image alike. */
const WEB_DIRECTORY = join(__dirname, '..', '..', 'web', 'dist');

type PageSettings = Pick<GatewayConfig, 'BASE_PATH' | 'LOCAL_ACCOUNTS' | 'TOKEN_ORIGINS' | 'SIGN_IN_URL' | 'JWT_ISSUERS'>;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** The app's page for this installation: its paths, and what the app must know before it starts. */
function createIndex(path: string, settings: PageSettings): string {
  const { BASE_PATH: basePath = '', LOCAL_ACCOUNTS, TOKEN_ORIGINS, SIGN_IN_URL = '', JWT_ISSUERS } = settings;
  const values = {
    'base-path': basePath,
    'local-accounts': String(LOCAL_ACCOUNTS),
    'takes-tokens': String(TOKEN_ORIGINS.length > 0 || JWT_ISSUERS !== undefined),
    'token-origins': TOKEN_ORIGINS.join(' '),
    'sign-in-url': SIGN_IN_URL,
  };
  const lines = Object.entries(values).map(([name, value]) => `<meta name="linsta-${name}" content="${escaped(value)}">`);
  return readFileSync(path, 'utf8')
    .replaceAll('"./', `"${basePath}/`)
    .replace('</head>', `${lines.join('')}</head>`);
}

/** Files as they are, or compressed where the build has that and the client takes it. */
const createStatic = (directory: string, caching: { immutable?: boolean; maxAge: string | number }): RequestHandler =>
  expressStaticGzip(directory, {
    index: false,
    enableBrotli: true,
    orderPreference: ['br', 'gzip'],
    serveStatic: { ...caching, redirect: false },
  });

/** A page of the app; a path with an extension is a file that is not there. */
const isNavigation = (path: string) => !/\.[a-z0-9]{1,10}$/i.test(path);

/**
 * What stands at the gateway beside the API: the contract, and the web app where it was built (else
 * a small welcome page).
 */
export function createPages({
  settings,
  directory = WEB_DIRECTORY,
  demoUsers,
}: {
  settings: PageSettings;
  directory?: string;
  demoUsers?: readonly DemoUser[];
}): RequestHandler {
  const pages = Router();
  pages.use(createContractPages(settings.BASE_PATH));
  pages.get('/demo-users.json', (request, response, next) => {
    // A page of a foreign name that points at this machine must not read it.
    if (demoUsers === undefined || !isLocalHost(request.headers.host)) return next('router');
    response.set('cache-control', 'no-store').json(demoUsers);
  });
  const index = join(directory, 'index.html');
  if (!existsSync(index)) return pages.use(createWelcome(settings.BASE_PATH ?? ''));
  const page = createIndex(index, settings);
  // Assets carry a hash of their content in their name.
  pages.use('/assets', createStatic(join(directory, 'assets'), { immutable: true, maxAge: '365d' }));
  pages.use(createStatic(directory, { maxAge: 0 }));
  pages.use((request, response, next) => {
    if ((request.method !== 'GET' && request.method !== 'HEAD') || !isNavigation(request.path)) return next();
    response.set('cache-control', 'no-cache').type('html').send(page);
  });
  return pages;
}
