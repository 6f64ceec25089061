import { configSchema as chat } from '@linsta/chat';
import { configSchema as events } from '@linsta/events';
import { configSchema as gateway } from '@linsta/gateway';
import { configSchema as notification } from '@linsta/notification';
import { configSchema as posts } from '@linsta/posts';
import { configSchema as realtime } from '@linsta/realtime';
import { configSchema as users } from '@linsta/users';

/** Names of the variables that the installation in one process reads. */
export const VARIABLES = [
  'DATA_DIR',
  ...[gateway, users, posts, events, chat, notification, realtime].flatMap((schema) => Object.keys(schema.shape)),
];
