import { defineConfig } from 'vite'

// Names without hashes: a build that changes one line changes one file. The server sends an ETag with each.
const named = 'assets/[name].js'

export default defineConfig({
  base: '/explorer/',
  build: {
    outDir: '../static/explorer',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      // Said once for each of the libraries' modules, and of no consequence outside of server components.
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
      output: { entryFileNames: named, chunkFileNames: named, assetFileNames: 'assets/[name][extname]' },
    },
  },
  // Workers are a build of their own; in one folder its chunks would overwrite those of the page that have the same name.
  worker: { format: 'es', rolldownOptions: { output: { entryFileNames: 'workers/[name].js', chunkFileNames: 'workers/[name].js' } } },
})
