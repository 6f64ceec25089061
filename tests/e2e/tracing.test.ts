import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { enableTracing } from '@linsta/core';
import { waitFor } from '@linsta/testing';
import { NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { createProductProcess } from '../support/product-process';
import { startProduct, type Product } from '../support/product';

type Span = tracing.ReadableSpan;

describe('one trace from the request to the push', () => {
  const exporter = new tracing.InMemorySpanExporter();
  const sdk = new NodeSDK({ spanProcessors: [new tracing.SimpleSpanProcessor(exporter)], instrumentations: [] });
  let product: Product;
  beforeAll(async () => {
    sdk.start();
    enableTracing();
    product = await startProduct();
  });
  afterAll(async () => {
    enableTracing(false);
    await product.stop();
    await sdk.shutdown();
  });

  const traceOf = (root: Span) => exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === root.spanContext().traceId);
  const parentOf = (span: Span, trace: Span[]) => trace.find((each) => each.spanContext().spanId === span.parentSpanContext?.spanId);
  /**
   * The names from the root of a trace down to the span with this name. undefined: a span in
   * between has not ended yet, since a parent ends after its children.
   */
  const wayTo = (name: string, root: Span): string[] | undefined => {
    const trace = traceOf(root);
    const names: string[] = [];
    let span = trace.find((each) => each.name === name);
    for (; span !== undefined && span !== root; span = parentOf(span, trace)) names.unshift(span.name);
    return span === root ? [root.name, ...names] : undefined;
  };

  test('a like: gateway, posts, database, outbox, bus, notification, realtime', async () => {
    const [ann, ben] = [await product.register('Ann'), await product.register('Ben')];
    const { body: post } = await product.call('POST', '/api/posts', ben.token, { text: 'traced' });
    const device = product.device(ben.token);
    await device.connected;
    await device.request('subscribe_notifications');
    exporter.reset();
    await product.call('POST', `/api/posts/${post._id}/like`, ann.token);
    await waitFor(() => (device.received.notification ?? []).length > 0, 'the push');
    const root = await waitFor(
      () =>
        exporter
          .getFinishedSpans()
          .find(({ name, attributes }) => name === 'POST /api/posts/:id/like' && attributes['linsta.service'] === 'gateway'),
      'the span of the request',
    );
    const names = await waitFor(() => wayTo('POST /internal/deliveries', root), 'the spans from the request to the push');
    const inOrder = [
      'POST /api/posts/:id/like',
      'handle LIKE',
      'relay notification forwarding',
      'call realtime/deliveries',
      'POST /internal/deliveries',
    ];
    expect(names.filter((name) => inOrder.includes(name))).toEqual(['POST /api/posts/:id/like', ...inOrder]);
    expect(traceOf(root).map(({ name }) => name)).toEqual(expect.arrayContaining(['insert likes', 'insert notifications']));
  });

  test('a message: socket event, batch, chat, database', async () => {
    const [ann, ben] = [await product.register('Ann'), await product.register('Ben')];
    const { body: room } = await product.call('POST', '/api/chat/rooms', ann.token, { otherUserId: ben._id });
    const device = product.device(ann.token);
    await device.connected;
    exporter.reset();
    await device.request('send_message', { chatRoomId: room.chatRoomId, text: 'traced' });
    const root = await waitFor(
      () => exporter.getFinishedSpans().find(({ name }) => name === 'socket send_message'),
      'the span of the event',
    );
    const names = await waitFor(() => wayTo('insert messages', root), 'the spans from the event to the insert');
    expect(names).toEqual(expect.arrayContaining(['socket send_message', 'batch', 'call chat/messages', 'POST /internal/messages']));
  });
});

describe('the standard OTEL_* variables', () => {
  const collected: string[] = [];
  const collector = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      collected.push(`${request.url} ${body}`);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  beforeAll(async () => {
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
  });
  afterAll(() => void collector.close());

  test('a process that they direct to a collector sends its spans there', async () => {
    const { port } = collector.address() as AddressInfo;
    const product = await createProductProcess({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    });
    try {
      await product.start();
      await fetch(`${product.url}/api/users/me`);
      await waitFor(
        () => collected.some((text) => text.startsWith('/v1/traces') && text.includes('GET /api/users/me')),
        'the spans',
        20_000,
      );
    } finally {
      await product.remove();
    }
  }, 90_000);
});
