import { createServer, type RequestListener, type Server } from 'node:http';

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

export interface Listening {
  server: Server;
  port: number;
  /**
   * Stops taking connections, lets requests under way finish, then closes the remaining
   * connections.
   */
  close(graceMs?: number): Promise<void>;
}

/** Node's server with time limits that take effect within a second. */
export const createHttpServer = ({ headersTimeoutMs = 10_000, requestTimeoutMs = 30_000 } = {}): Server =>
  createServer({
    requestTimeout: requestTimeoutMs,
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16_384,
    keepAliveTimeout: 65_000,
    noDelay: true,
  });

/** Opens an HTTP server. Rejects with the system's error, e.g. EADDRINUSE. */
export async function listen(
  app: RequestListener | undefined,
  options: { host: string; port: number; server?: Server },
): Promise<Listening> {
  const server = options.server ?? createHttpServer();
  if (app !== undefined) server.on('request', app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    server,
    port: portOf(server),
    close: (graceMs = 3_000) =>
      new Promise((resolve) => {
        if (!server.listening) return resolve();
        const force = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(force);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
