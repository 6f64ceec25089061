import type { clientEvents, ClientEventName } from '@linsta/contracts';
import type { z } from 'zod';
import type { RealtimeSocket } from '../server';
import type { Flow } from '../sockets/flow';

/**
 * One handler per client event: parsed payload in, the acknowledgement's fields out. A throw is
 * answered to this socket alone. Large answers go through `flow`.
 */
export type SocketHandlers<E extends ClientEventName = ClientEventName> = {
  [K in E]: (
    socket: RealtimeSocket,
    payload: z.output<(typeof clientEvents)[K]['payload']>,
    flow: Flow,
  ) => Promise<z.input<(typeof clientEvents)[K]['ack']>>;
};
