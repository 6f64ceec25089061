import type { clientEvents, ClientEventName } from '@linsta/contracts';
import type { z } from 'zod';
import type { RealtimeSocket } from '../server';

/** One handler per client event: parsed payload in, the acknowledgement's fields out. A throw is answered to this socket alone. */
export type SocketHandlers<E extends ClientEventName = ClientEventName> = {
  [K in E]: (
    socket: RealtimeSocket,
    payload: z.output<(typeof clientEvents)[K]['payload']>,
  ) => Promise<z.input<(typeof clientEvents)[K]['ack']>>;
};
