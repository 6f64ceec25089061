import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError } from '@linsta/core';

const LOOK_MS = 2_000;
const DEADLINE_MS = 1_000;

interface Node {
  url: string;
  /** The first characters of the session ids that it gives out. */
  name: string | undefined;
  reachable: boolean;
}

const isAddress = (url: string) => {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
};

/**
 * Every address that a URL's host stands for: several containers behind one name are several nodes.
 */
async function addressesOf(url: string): Promise<string[]> {
  const { protocol, hostname, port } = new URL(url);
  if (isAddress(url)) return [url];
  const found = await lookup(hostname, { all: true });
  return found.map(({ address, family }) => `${protocol}//${family === 6 ? `[${address}]` : address}:${port === '' ? '80' : port}`);
}

async function requestNode(url: string): Promise<Node> {
  try {
    const response = await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(DEADLINE_MS) });
    const { node } = (await response.json()) as { node?: string };
    // A node that is stopping says so: no new sockets, but its polls still find it.
    return { url, name: node, reachable: response.ok };
  } catch {
    return { url, name: undefined, reachable: false };
  }
}

export interface RealtimeNodes {
  start(): Promise<void>;
  /**
   * Throws 400 for a session of a node that is gone, as realtime itself would: the client then
   * begins anew.
   */
  pick(sid: string | undefined): Promise<string>;
  close(): void;
}

/**
 * Which realtime node a socket goes to: a new one to the next that is up, a poll to the node that
 * its session id names.
 */
export function createRealtimeNodes(urls: string[]): RealtimeNodes {
  const [only] = urls;
  if (urls.length === 1 && only !== undefined && isAddress(only))
    return { start: () => Promise.resolve(), pick: () => Promise.resolve(only), close: () => undefined };
  let nodes: Node[] = urls.map((url) => ({ url, name: undefined, reachable: true }));
  let turn = 0;
  let looking: Promise<void> | undefined;

  const look = async () => {
    const before = new Map(nodes.map((node) => [node.url, node]));
    const resolved = await Promise.all(urls.map((url) => addressesOf(url).catch(() => [])));
    const found = await Promise.all([...new Set(resolved.flat())].map(requestNode));
    // A node that does not answer just now keeps its name: its sockets may be fine.
    if (found.length > 0) nodes = found.map((node) => ({ ...node, name: node.name ?? before.get(node.url)?.name }));
  };
  const lookOnce = () => (looking ??= look().finally(() => (looking = undefined)));
  const timer = setInterval(() => void lookOnce(), LOOK_MS);
  timer.unref();

  return {
    start: lookOnce,
    async pick(sid: string | undefined): Promise<string> {
      if (sid !== undefined) {
        const named = () => nodes.find(({ name }) => name !== undefined && sid.startsWith(name))?.url;
        const found = named() ?? (await lookOnce(), named());
        if (found === undefined) throw new AppError('UNKNOWN_SESSION', 'Session ID unknown');
        return found;
      }
      const up = nodes.filter(({ reachable }) => reachable);
      const choice = up.length > 0 ? up : nodes;
      turn = (turn + 1) % choice.length;
      return choice[turn]?.url ?? urls[0] ?? '';
    },
    close: () => clearInterval(timer),
  };
}
