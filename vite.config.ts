import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type InlineConfig } from 'vite'

export interface WebOptions {
  /** Where the built files go. */
  readonly outDir: string
  /** Where the API listens while the development server serves the pages. */
  readonly apiPort: number
}

/** How the web app is built and, in development, served. */
export function webConfig({ outDir, apiPort }: WebOptions): InlineConfig {
  return {
    root: fileURLToPath(new URL('src/web', import.meta.url)),
    base: '/',
    plugins: [react()],
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      // The policy of the page forbids inline scripts and data: documents; everything is a file of ours.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      // ECharts is one large chunk, loaded only by the pages that draw.
      chunkSizeWarningLimit: 700,
      rolldownOptions: {
        output: {
          // What most pages share is one file: sixty small ones cost a first visit more in round trips than in bytes.
          codeSplitting: {
            groups: [{ name: 'shared', minShareCount: 8, test: path => !/echarts|zrender/.test(path) }],
          },
        },
      },
    },
    server: { proxy: { '/api': { target: `http://127.0.0.1:${apiPort}` } } },
  }
}

export default defineConfig(
  webConfig({
    outDir: fileURLToPath(new URL('dist/web', import.meta.url)),
    apiPort: Number(process.env.PORT ?? 8010),
  }),
)
