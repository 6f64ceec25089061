import {
  busEventData,
  clientEvents,
  cloudEvent,
  serverEvents,
  socketError,
  type BusEventType,
  type ClientEventName,
  type ServerEventName,
} from '@linsta/contracts';
import { z } from 'zod';
import { createSchemaWriter } from './json-schema';

const CLIENT: Record<ClientEventName, string> = {
  join_room: 'Join a room: other members get `user_joined`. Not needed to receive messages',
  leave_room: 'Leave a room: other members get `user_left`',
  send_message: 'Send a message; acknowledged when it is stored',
  get_history: 'List messages, ascending; also emitted as `message_history`',
  mark_read: 'Mark messages as read up to a number',
  mark_delivered: 'Mark messages of several rooms as received by this device',
  react: 'React to a message, or withdraw a reaction; a repeat changes nothing',
  edit_message: 'Edit an own message; earlier texts are kept',
  typing: 'Say that the user types, or no longer types; ends by itself after 6 seconds',
  resume: 'Get everything since the given points, in one answer',
  subscribe_notifications: 'Receive undelivered notifications, then live ones',
  unsubscribe_notifications: 'Stop notifications on this socket',
  presence_subscribe: 'Watch the presence of users; the acknowledgement carries their present state',
  presence_unsubscribe: 'Stop watching these users, or all of them',
  refresh_token: 'Replace the token of an open socket',
};
const SERVER: Record<ServerEventName, string> = {
  receive_message: 'A message, to every socket of every participant, once per socket',
  notification: 'A new or changed notification, to subscribed sockets of its recipient',
  room_read: 'A participant has read up to a number',
  message_changed: 'A message has a new reaction or text; carries its present state',
  room_delivered: 'A device of another participant has received messages up to a number',
  typing: 'Another participant types, or no longer types; ends by itself after 6 seconds',
  notification_read: 'Notifications were read on another device',
  notification_removed: 'A notification was withdrawn or replaced',
  presence: 'A watched user came online or went offline; never a repeat',
  user_joined: 'A user joined a room that this socket has joined',
  user_left: 'A user left a room that this socket has joined',
  message_history: 'The page that `get_history` requested',
  notification_subscribed: 'The subscription is accepted',
  error: 'An event of this socket failed',
};
const BUS: Record<BusEventType, string> = {
  LIKE: 'A user liked a post',
  UNLIKE: 'A like was withdrawn, and with it its notification',
  COMMENT: 'A user commented on a post',
  EVENT_RSVP: 'A user answered an event',
  USER_CHANGED: 'A user was created or changed; introduces users of other issuers',
  SESSION_ENDED: 'A session ended: its sockets are closed',
  MESSAGE_SENT: 'A chat message was stored',
};

const nothing = { type: 'null', description: 'No payload' };

/**
 * The socket and the bus contract as AsyncAPI 3.0, made of the schemas that validate each event.
 */
export function createAsyncApi(version: string, basePath = '') {
  const writer = createSchemaWriter('#/components/schemas/');
  const socketMessages: Record<string, unknown> = {};
  const busChannels: Record<string, unknown> = {};
  const operations: Record<string, unknown> = {};
  const message = (name: string, summary: string, payload: unknown, contentType = 'application/json') => ({
    name,
    summary,
    contentType,
    payload,
  });
  const of = (channel: string, name: string) => ({ $ref: `#/channels/${channel}/messages/${name}` });
  const channel = (name: string) => ({ $ref: `#/channels/${name}` });

  for (const [name, { payload, ack }] of Object.entries(clientEvents)) {
    const summary = CLIENT[name as ClientEventName];
    const empty = payload.safeParse(undefined).success;
    socketMessages[name] = message(
      name,
      summary,
      empty && payload.safeParse({}).success && !payload.safeParse({ userIds: [] }).success ? nothing : writer.write(payload),
    );
    const answer = writer.write(z.union([ack.extend({ ok: z.literal(true) }), z.object({ ok: z.literal(false), error: socketError })]));
    socketMessages[`${name}_ack`] = message(`${name} acknowledgement`, `What the acknowledgement of ${name} carries`, answer);
    operations[name] = {
      action: 'receive',
      summary,
      channel: channel('socket'),
      messages: [of('socket', name)],
      reply: { channel: channel('socket'), messages: [of('socket', `${name}_ack`)] },
    };
  }
  for (const [name, payload] of Object.entries(serverEvents)) {
    const summary = SERVER[name as ServerEventName];
    // Some events have one name in both directions, with different payloads.
    const key = Object.hasOwn(clientEvents, name) ? `${name}_sent` : name;
    socketMessages[key] = message(name, summary, writer.write(payload));
    operations[key] = { action: 'send', summary, channel: channel('socket'), messages: [of('socket', key)] };
  }
  for (const [type, data] of Object.entries(busEventData)) {
    const summary = BUS[type as BusEventType];
    busChannels[type] = {
      address: type,
      servers: [{ $ref: '#/servers/bus' }],
      description: 'Routing key on the durable topic exchange linsta.events',
      messages: {
        [type]: message(type, summary, writer.write(cloudEvent.extend({ type: z.literal(type), data })), 'application/cloudevents+json'),
      },
      bindings: {
        amqp: {
          is: 'routingKey',
          exchange: { name: 'linsta.events', type: 'topic', durable: true, autoDelete: false, vhost: '/' },
          bindingVersion: '0.3.0',
        },
      },
    };
    const on = { channel: channel(type), messages: [of(type, type)] };
    operations[`publish_${type}`] = { action: 'send', summary, ...on };
    if (type !== 'MESSAGE_SENT')
      operations[`consume_${type}`] = { action: 'receive', summary: `${summary}; any service may publish it`, ...on };
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Linsta: sockets and bus',
      version,
      license: { name: 'MIT' },
      description:
        'Socket.IO events behind the gateway’s URL, and bus events on RabbitMQ. A failed socket event is answered {ok: false, error: {code, message}} and emitted as error to that socket alone. The same bus event id twice has one effect.',
    },
    defaultContentType: 'application/json',
    servers: {
      gateway: { host: 'localhost:5000', protocol: 'ws', description: 'The gateway; Socket.IO with `auth: { token }`' },
      bus: { host: 'localhost:5672', protocol: 'amqp', description: 'RabbitMQ' },
    },
    channels: {
      socket: {
        address: `${basePath}/socket.io/`,
        description: 'Socket.IO; a message’s name is the event’s name',
        servers: [{ $ref: '#/servers/gateway' }],
        messages: socketMessages,
      },
      ...busChannels,
    },
    operations,
    components: { schemas: writer.named },
  };
}
