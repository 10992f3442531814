import { defineConfig } from 'vite';

// Addresses relative to the page, so that it also works behind a proxy that puts a path before it.
export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic' } },
  worker: { format: 'es' },
  build: {
    assetsDir: 'graphql/assets',
    chunkSizeWarningLimit: 10000,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
});
