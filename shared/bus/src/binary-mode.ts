import type { GetMessage } from 'amqplib';

type Delivered = Pick<GetMessage, 'content' | 'properties'>;

/** Application properties of the AMQP binding; clients that forbid the colon write the other. */
const ATTRIBUTE = /^cloudEvents[:_](\w+)$/;
/** Notes of Linsta and of the broker itself. */
const NOTE = /^x-(?:attempt|attempts|reason|queue|parked-at|death|first-death-.*|last-death-.*|delivery-count|acquired-count|opt-.*)$/;

const headersOf = ({ properties }: Delivered): Record<string, unknown> => properties.headers ?? {};

/** The headers that its publisher sent. */
export const foreignHeadersOf = (delivered: Delivered): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headersOf(delivered)).filter(([name]) => !NOTE.test(name)));

/** A number or a flag of a typed client is text here; anything else is left to the schema. */
const textOf = (value: unknown): unknown => {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
};

/**
 * A delivered event in structured form. In the binary mode of CloudEvents the body is the data
 * alone, and the attributes are application properties; a body that is no JSON then stays text,
 * which the schema of its type refuses.
 */
export function rawOf(delivered: Delivered): string {
  const body = delivered.content.toString('utf8');
  const attributes = Object.entries(headersOf(delivered)).flatMap(([name, value]) => {
    const attribute = ATTRIBUTE.exec(name)?.[1];
    return attribute === undefined ? [] : [[attribute, textOf(value)] as const];
  });
  const { contentType = '' } = delivered.properties as { contentType?: string };
  if (attributes.length === 0 || contentType.startsWith('application/cloudevents')) return body;
  const data = ((): unknown => {
    try {
      return JSON.parse(body);
    } catch {
      return body;
    }
  })();
  return JSON.stringify({ ...Object.fromEntries(attributes), data });
}
