// How the window is built, served while developing, and tested.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  clearScreen: false,
  server: { port: 1420, strictPort: true },
  build: {
    outDir: 'dist',
    target: 'safari16',
    // `light-dark()` must reach the web view as it is: the appearance setting switches it at run time.
    cssTarget: 'safari17.5',
    assetsInlineLimit: 0,
    modulePreload: false,
  },
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  test: {
    environment: 'jsdom',
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.ts'],
    restoreMocks: true,
    // A machine that builds Rust at the same time is slow.
    testTimeout: 30_000,
  },
}));
