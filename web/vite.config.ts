import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const gateway = 'http://localhost:5000';
const proxied = ['/api', '/demo-users.json', '/openapi.json', '/asyncapi.json', '/readyz'];

/**
 * Lists the build's assets for the service worker, which keeps them for the time without a network.
 */
const assetList: Plugin = {
  name: 'linsta-asset-list',
  enforce: 'post',
  generateBundle: {
    // After the chunks that hold styles alone were removed.
    order: 'post',
    handler(_options, bundle) {
      const assets = Object.keys(bundle).filter((name) => name.startsWith('assets/'));
      this.emitFile({ type: 'asset', fileName: 'asset-list.json', source: JSON.stringify(assets.map((name) => `/${name}`)) });
    },
  },
};

const COMPRESSIBLE = /\.(?:js|css|svg|json|webmanifest)$/;
/** Smaller files fit one packet as they are. */
const MIN_COMPRESSED_BYTES = 1_024;

/** Writes a brotli and a gzip form beside each text file, once for all requests. */
const compressed: Plugin = {
  name: 'linsta-compressed',
  apply: 'build',
  closeBundle() {
    const directory = join(import.meta.dirname, 'dist');
    for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => COMPRESSIBLE.test(name))) {
      const bytes = readFileSync(join(directory, file));
      if (bytes.length < MIN_COMPRESSED_BYTES) continue;
      writeFileSync(join(directory, `${file}.br`), brotliCompressSync(bytes));
      writeFileSync(join(directory, `${file}.gz`), gzipSync(bytes, { level: 9 }));
    }
  },
};

export default defineConfig(({ command }) => ({
  // Relative, so that one build serves below any path; the gateway writes the path into the page.
  base: command === 'build' ? './' : '/',
  plugins: [react(), assetList, compressed],
  resolve: { conditions: ['linsta-source', 'module', 'browser', 'development|production'] },
  build: {
    // The gateway's Content-Security-Policy allows scripts and styles from files alone.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      ...Object.fromEntries(proxied.map((path) => [path, gateway])),
      '/socket.io': { target: gateway, ws: true },
    },
  },
}));
