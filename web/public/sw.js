// The app without a network: its pages and assets. Calls and sockets never pass through here.
const CACHE = 'linsta-shell';
const BASE = new URL('.', self.location.href).pathname;
const SHELL = BASE;
const EXTRA = ['favicon.svg', 'theme.js', 'manifest.webmanifest'].map((name) => BASE + name);

/** Keeps what this build consists of, and nothing of earlier builds. */
async function update() {
  const response = await fetch(`${BASE}asset-list.json`, { cache: 'no-store' });
  if (!response.ok) return;
  const cache = await caches.open(CACHE);
  const wanted = [...(await response.json()).map((path) => BASE + path.slice(1)), ...EXTRA];
  // One that fails is loaded over the network later.
  await Promise.allSettled(wanted.map(async (path) => (await cache.match(path, { ignoreVary: true })) ?? cache.add(path)));
  await cache.add(new Request(SHELL, { cache: 'no-store' }));
  const kept = new Set([SHELL, ...wanted]);
  for (const request of await cache.keys()) if (!kept.has(new URL(request.url).pathname)) await cache.delete(request);
}

async function navigate(request) {
  try {
    const response = await fetch(request);
    if (response.ok) void update().catch(() => undefined);
    return response;
  } catch (error) {
    const shell = await caches.match(SHELL, { ignoreVary: true });
    if (shell === undefined) throw error;
    return shell;
  }
}

self.addEventListener('install', (event) => event.waitUntil(update().then(() => self.skipWaiting())));
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (request.mode === 'navigate') event.respondWith(navigate(request));
  else if (pathname.startsWith(`${BASE}assets/`) || EXTRA.includes(pathname))
    event.respondWith(caches.match(request, { ignoreVary: true }).then((cached) => cached ?? fetch(request)));
});
