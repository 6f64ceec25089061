import { waitFor } from '@linsta/testing';
import { io, type Socket } from 'socket.io-client';
import { createApi } from '../../src/api';
import type { Environment } from '../../src/environment';

let serial = 0;
export interface User {
  _id: string;
  token: string;
}

export async function register({ stack }: Environment, name: string): Promise<User> {
  const email = `${name}.${(serial += 1)}@example.com`.toLowerCase();
  const body = { name, email, password: 'correct horse' };
  const { token, user } = await createApi(stack.url).call<{ token: string; user: { _id: string } }>('POST', '/api/auth/register', { body });
  return { token, _id: user._id };
}
export const roomOf = async ({ stack }: Environment, one: User, other: User): Promise<string> =>
  (
    await createApi(stack.url).call<{ chatRoomId: string }>('POST', '/api/chat/rooms', {
      token: one.token,
      body: { otherUserId: other._id },
    })
  ).chatRoomId;

/** Names of the realtime nodes, as their sockets' ids begin, by process. */
export async function realtimeNodes({ stack }: Environment): Promise<Map<string, string>> {
  const nodes = new Map<string, string>();
  for (const { name, service, ports } of stack.members)
    if (service === 'realtime')
      nodes.set(name, ((await (await fetch(`http://127.0.0.1:${ports.port}/readyz`)).json()) as { node: string }).node);
  return nodes;
}

export interface Listener {
  socket: Socket;
  received: (event: string) => any[];
  request(event: string, payload?: unknown): Promise<any>;
}
/** A device on the realtime process of that name. */
export async function deviceOn(environment: Environment, user: User, process: string, more: object = {}): Promise<Listener> {
  const node = (await realtimeNodes(environment)).get(process)!;
  return waitFor(
    async () => {
      const socket = io(environment.stack.url, {
        transports: ['websocket'],
        forceNew: true,
        reconnectionDelay: 100,
        auth: { token: user.token },
        ...more,
      });
      const received: [string, any][] = [];
      socket.onAny((event: string, payload: unknown) => void received.push([event, payload]));
      await new Promise((resolve) => socket.once('connect', () => resolve(undefined)).once('connect_error', resolve));
      if (socket.io.engine?.id?.startsWith(node) !== true) return void socket.disconnect();
      return {
        socket,
        received: (event) => received.filter(([name]) => name === event).map(([, payload]) => payload),
        request: (event, payload) => socket.timeout(10_000).emitWithAck(event, payload),
      };
    },
    `a device on ${process}`,
    30_000,
  );
}
