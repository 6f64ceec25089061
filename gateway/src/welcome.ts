import type { RequestHandler } from 'express';

const pageOf = (basePath: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Linsta</title>
<h1>Linsta</h1>
<p>Chat, notifications and presence behind one URL: this one.</p>
<ul>
<li>REST calls live under <code>${basePath}/api/</code>, e.g. <code>POST ${basePath}/api/auth/login</code></li>
<li>Socket.IO connects to this URL with <code>auth: { token }</code></li>
<li><a href="${basePath}/readyz">State of the services</a></li>
</ul>
</html>
`;

/** What stands at `/` where the web app was not built. */
export const createWelcome =
  (basePath: string): RequestHandler =>
  (request, response, next) => {
    if (request.path !== '/' || (request.method !== 'GET' && request.method !== 'HEAD')) return next();
    if (request.accepts(['json', 'html']) === 'html') response.type('html').send(pageOf(basePath));
    else response.json({ name: 'Linsta', api: `${basePath}/api`, sockets: `${basePath}/socket.io`, health: `${basePath}/readyz` });
  };
