import { count, databaseServiceEnv, flag, parseEnv, realtimeInternalUrl, secret, usersInternalUrl } from '@linsta/core';
import { z } from 'zod';

export const env = z.object({
  ...databaseServiceEnv({ port: 4004, internalPort: 4104, database: 'linsta_chat' }),
  USERS_INTERNAL_URL: usersInternalUrl,
  REALTIME_INTERNAL_URL: realtimeInternalUrl,
  ROOM_ID_SECRET: secret
    .optional()
    .describe('Key of the ids of new chat rooms. Unset: derived from SERVICE_SECRET. Existing rooms keep their ids.'),
  NEW_ROOMS_PER_HOUR: count(60).describe('Chat rooms that one user may open in an hour.'),
  SHOW_EMAIL: flag(true).describe('Participants of a room see the e-mail addresses of each other.'),
  PUBLISH_MESSAGE_SENT: z
    .enum(['true', 'false'])
    .optional()
    .describe('Publish MESSAGE_SENT for every message. Unset: only where there is a broker.'),
  MESSAGE_EDIT_WINDOW_SECONDS: z.coerce
    .number('must be a number of seconds')
    .int()
    .min(0)
    .max(31_536_000)
    .default(900)
    .describe('Age up to which a message can be edited by its sender; 0 switches editing off.'),
  MAX_WAITING_SENDS: count(10_000).describe('Sends that may wait for the database before further ones are refused.'),
});

export type ChatConfig = z.output<typeof env>;
export const loadConfig = (variables: NodeJS.ProcessEnv): ChatConfig => parseEnv(env, variables);
