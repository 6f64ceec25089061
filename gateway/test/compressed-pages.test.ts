import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { createTemporaryDirectory } from '@linsta/testing';
import express from 'express';
import { loadConfig } from '../src/config';
import { createPages } from '../src/pages';

const SCRIPT = Buffer.from(`console.log(${JSON.stringify('x'.repeat(20_000))})`);
const SECRETS = { JWT_SECRET: 'j'.repeat(32), SERVICE_SECRET: 's'.repeat(32) };

describe('static files', () => {
  const directory = createTemporaryDirectory();
  let server: Server;
  beforeAll(async () => {
    mkdirSync(join(directory.path, 'assets'));
    writeFileSync(join(directory.path, 'index.html'), '<!doctype html><head></head>');
    writeFileSync(join(directory.path, 'sw.js'), SCRIPT);
    for (const name of ['assets/app.js', 'sw.js']) {
      writeFileSync(join(directory.path, name), SCRIPT);
      writeFileSync(join(directory.path, `${name}.br`), brotliCompressSync(SCRIPT));
      writeFileSync(join(directory.path, `${name}.gz`), gzipSync(SCRIPT));
    }
    writeFileSync(join(directory.path, 'assets/picture.png'), 'png');
    server = createServer(express().use(createPages({ settings: loadConfig(SECRETS), directory: directory.path }))).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.close();
    directory.remove();
  });

  const read = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
      get({ port: (server.address() as AddressInfo).port, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
      }).on('error', reject);
    });

  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ])('a client that takes %s gets the compressed form, with its type and caching', async (encoding, decompress) => {
    for (const [path, caching] of [
      ['/assets/app.js', 'public, max-age=31536000, immutable'],
      ['/sw.js', 'public, max-age=0'],
    ] as const) {
      const { status, headers, body } = await read(path, { 'accept-encoding': encoding });
      expect(status).toBe(200);
      expect(headers).toMatchObject({ 'content-encoding': encoding, vary: 'Accept-Encoding', 'cache-control': caching });
      expect(headers['content-type']).toMatch(/javascript/);
      expect(body.length).toBeLessThan(SCRIPT.length / 10);
      expect(decompress(body)).toEqual(SCRIPT);
    }
  });
  test('where both are taken it is brotli', async () => {
    expect((await read('/assets/app.js', { 'accept-encoding': 'gzip, deflate, br' })).headers['content-encoding']).toBe('br');
  });
  test.each(['', 'identity', 'br;q=0, gzip;q=0'])('a client with Accept-Encoding "%s" gets the file as it is', async (accept) => {
    const { headers, body } = await read('/assets/app.js', accept === '' ? {} : { 'accept-encoding': accept });
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers.vary).toBe('Accept-Encoding');
    expect(body).toEqual(SCRIPT);
  });
  test('each form has its own entity tag, and an unchanged one is 304', async () => {
    const tags = await Promise.all(
      ['br', 'gzip', 'identity'].map(async (accept) => (await read('/sw.js', { 'accept-encoding': accept })).headers.etag!),
    );
    expect(new Set(tags).size).toBe(3);
    expect((await read('/sw.js', { 'accept-encoding': 'br', 'if-none-match': tags[0]! })).status).toBe(304);
  });
  test('a file without a compressed form is served as it is', async () => {
    const { headers, body } = await read('/assets/picture.png', { 'accept-encoding': 'br' });
    expect(headers['content-encoding']).toBeUndefined();
    expect(body.toString()).toBe('png');
  });
});
