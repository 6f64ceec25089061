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

export default defineConfig(({ command }) => ({
  // Relative, so that one build serves below any path; the gateway writes the path into the page.
  base: command === 'build' ? './' : '/',
  plugins: [react(), assetList],
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
