import bitrix24UIPluginVite from '@bitrix24/b24ui-nuxt/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// The server writes the page and looks the files up in the manifest:
// https://vite.dev/guide/backend-integration
export default defineConfig({
  base: '/static/dist/',
  plugins: [
    vue(),
    bitrix24UIPluginVite({
      router: false, dts: false, autoImport: false,
      colorMode: false, // templates/colours.html decides before the page is painted
      prose: false, mdc: false, // no Markdown is shown: a third of the script less
      experimental: { componentDetection: true }, // styles of parts that are used, alone
    }),
  ],
  build: {
    outDir: '../static/dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    rollupOptions: { input: 'src/main.ts' },
    chunkSizeWarningLimit: 1000, // kB: one page, one bundle, cached for good
  },
})
