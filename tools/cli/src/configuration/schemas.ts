import type { z } from 'zod';

/** The configuration schema of every service, in the order of the reference page. */
export async function loadSchemas(): Promise<Map<string, z.ZodObject>> {
  const [gateway, users, posts, events, chat, notification, realtime] = await Promise.all([
    import('@linsta/gateway'),
    import('@linsta/users'),
    import('@linsta/posts'),
    import('@linsta/events'),
    import('@linsta/chat'),
    import('@linsta/notification'),
    import('@linsta/realtime'),
  ]);
  return new Map<string, z.ZodObject>([
    ['gateway', gateway.configSchema],
    ['users', users.configSchema],
    ['posts', posts.configSchema],
    ['events', events.configSchema],
    ['chat', chat.configSchema],
    ['notification', notification.configSchema],
    ['realtime', realtime.configSchema],
  ]);
}
