import { databaseServiceEnv, parseEnv, realtimeInternalUrl, usersInternalUrl } from '@linsta/core';
import { z } from 'zod';
import { webhooksVariable } from './webhooks/config';

export const env = z.object({
  ...databaseServiceEnv({ port: 4005, internalPort: 4105, database: 'linsta_notification' }),
  USERS_INTERNAL_URL: usersInternalUrl,
  REALTIME_INTERNAL_URL: realtimeInternalUrl,
  WEBHOOKS: webhooksVariable.describe('Endpoints that get messages and notifications, as JSON; see docs/webhooks.md.'),
});

export type NotificationConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): NotificationConfig => parseEnv(env, variables);
