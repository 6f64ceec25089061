import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const gateway = 'http://localhost:5000';
const proxied = ['/api', '/demo-users.json', '/openapi.json', '/asyncapi.json', '/readyz'];

export default defineConfig({
  plugins: [react()],
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
});
