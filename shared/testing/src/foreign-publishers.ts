import { spawn, spawnSync } from 'node:child_process';

const PYTHONS = ['python3', '/usr/bin/python3'];
/** A Python that has pika; undefined where there is none. */
export const pikaPython = PYTHONS.find((python) => spawnSync(python, ['-c', 'import pika']).status === 0);
export const noPika = pikaPython === undefined ? 'Python has no pika (Debian: apt-get install python3-pika)' : undefined;
export const noAmqpPublish =
  spawnSync('amqp-publish', ['--usage']).status === 0 ? undefined : 'amqp-publish is not installed (Debian: apt-get install amqp-tools)';

export interface ForeignMessage {
  routingKey: string;
  contentType: string;
  body: string;
}
/** Publishes as somebody does who has none of our code; resolves when the program has ended well. */
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

/** One message a line on its standard input; it tries again, on a new connection, what the broker has not confirmed. */
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
                properties = pika.BasicProperties(content_type=m['contentType'], delivery_mode=2)
                channel.basic_publish('linsta.events', m['routingKey'], m['body'].encode(), properties, mandatory=True)
                at += 1
    except pika.exceptions.AMQPError:
        time.sleep(0.2)
`;
export const pikaPublish: ForeignPublisher = (url, messages) =>
  run(pikaPython ?? 'python3', ['-c', PIKA, url], messages.map((message) => JSON.stringify(message)).join('\n'));
