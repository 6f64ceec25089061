import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram } from './programs';

/** Debian's Python with its package python3-pika; undefined without it. */
export const pikaPython = existsSync('/usr/lib/python3/dist-packages/pika') ? '/usr/bin/python3' : undefined;
export const noPika = pikaPython === undefined ? 'Python has no pika (Debian: apt-get install python3-pika)' : undefined;
export const noAmqpPublish =
  findProgram('amqp-publish') === undefined ? 'amqp-publish is not installed (Debian: apt-get install amqp-tools)' : undefined;

export interface ForeignMessage {
  routingKey: string;
  contentType: string;
  body: string;
  /** Application properties; with pika alone. */
  headers?: Record<string, string>;
}
/**
 * Publishes with a program that uses none of our code; resolves when the program has ended with
 * status 0.
 */
export type ForeignPublisher = (amqpUrl: string, messages: ForeignMessage[]) => Promise<void>;

const EXCHANGE = 'linsta.events';

function run(command: string, args: string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}: ${said}`))));
    child.stdin.on('error', () => undefined).end(input);
  });
}

export const amqpPublish: ForeignPublisher = async (url, messages) => {
  for (const { routingKey, contentType, body } of messages)
    await run('amqp-publish', ['-u', url, '-e', EXCHANGE, '-r', routingKey, '-C', contentType, '-p'], body);
};

/**
 * Reads one message per line; repeats, on a new connection, the messages that the broker has not
 * confirmed.
 */
const PIKA = `
import json, sys, time
import pika
url = sys.argv[1]
messages = [json.loads(line) for line in sys.stdin]
at = 0
while at < len(messages):
    try:
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            while at < len(messages):
                m = messages[at]
                properties = pika.BasicProperties(content_type=m['contentType'], delivery_mode=2, headers=m.get('headers'))
                channel.basic_publish('linsta.events', m['routingKey'], m['body'].encode(), properties, mandatory=True)
                at += 1
    except pika.exceptions.AMQPError:
        time.sleep(0.2)
`;
export const pikaPublish: ForeignPublisher = (url, messages) =>
  run(pikaPython ?? 'python3', ['-c', PIKA, url], messages.map((message) => JSON.stringify(message)).join('\n'));
