import { toTypeText, type AsyncApi } from './documents';

interface Row {
  name: string;
  mark: string;
  summary: string;
  shape: string;
}

function Rows({ title, rows }: { title: string; rows: Row[] }) {
  return (
    <section className="card">
      <h2>{title}</h2>
      {rows.map(({ name, mark, summary, shape }) => (
        <details key={name}>
          <summary>
            <span className="method">{mark}</span>
            <code>{name}</code>
            <span className="soft small">{summary}</span>
          </summary>
          <div className="operation">
            <pre>{shape}</pre>
          </div>
        </details>
      ))}
    </section>
  );
}

/** Socket.IO events and bus events. */
export function EventsReference({ document }: { document: AsyncApi }) {
  const { schemas } = document.components;
  const messages = document.channels.socket?.messages ?? {};
  const socket = (action: 'send' | 'receive', mark: string) =>
    Object.entries(document.operations)
      .filter(([, operation]) => operation.action === action && operation.channel.$ref === '#/channels/socket')
      .map(([name, { summary }]): Row => {
        const answer = messages[`${name}_ack`];
        const shape = [`payload: ${toTypeText(messages[name]?.payload, schemas)}`];
        if (answer !== undefined) shape.push(`acknowledgement: ${toTypeText(answer.payload, schemas)}`);
        return { name, mark, summary, shape: shape.join('\n\n') };
      });
  const bus = Object.entries(document.channels)
    .filter(([name]) => name !== 'socket')
    .map(([name, channel]): Row => {
      const [message] = Object.values(channel.messages);
      return { name, mark: 'BUS', summary: message?.summary ?? '', shape: toTypeText(message?.payload, schemas) };
    });
  return (
    <>
      <Rows title="Sockets: client to server" rows={socket('receive', 'SEND')} />
      <Rows title="Sockets: server to client" rows={socket('send', 'ON')} />
      <Rows title="Bus events (RabbitMQ)" rows={bus} />
    </>
  );
}
