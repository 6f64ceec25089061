import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Exchange = ServerResponse<IncomingMessage> & { req: IncomingMessage };

/** Pipelined requests that may wait on one connection. */
const MAX_WAITING = 100;

/**
 * Handles the requests of one connection one after another. Node hands over pipelined requests at
 * once and does not notify the later ones when their connection closes: each would keep its open
 * file or upstream request for good. Here a request that waits on a lost connection is never begun.
 */
export function inOrder(handle: RequestListener): RequestListener {
  const lanes = new WeakMap<Socket, { waiting: [IncomingMessage, Exchange][] }>();

  const begin = (request: IncomingMessage, response: Exchange) => {
    const { socket } = request;
    response.once('close', () => {
      const next = lanes.get(socket)?.waiting.shift();
      if (next === undefined || socket.destroyed) lanes.delete(socket);
      else begin(next[0], next[1]);
    });
    handle(request, response);
  };
  return (request, response) => {
    const lane = lanes.get(request.socket);
    if (lane === undefined) {
      lanes.set(request.socket, { waiting: [] });
      begin(request, response);
    } else if (lane.waiting.length < MAX_WAITING) lane.waiting.push([request, response]);
    else request.socket.destroy();
  };
}
