import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Twofold API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
    <link rel="stylesheet" href="/docs/narrow.css" />
    <link rel="icon" href="/docs/favicon-32x32.png" />
  </head>
  <body>
    <main id="swagger-ui"></main>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** Swagger UI shows a padlock wherever a token may be sent; here, only where one is needed. */
const START = `const isOptional = (security) => security && security.some((each) => each.isEmpty());
const PadlockWhereNeeded = () => ({
  wrapComponents: {
    OperationSummary: (Original, { React }) => (props) => {
      const { operationProps } = props;
      const shown = isOptional(operationProps.get('security')) ? operationProps.delete('security') : operationProps;
      return React.createElement(Original, { ...props, operationProps: shown });
    },
  },
});
SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, plugins: [PadlockWhereNeeded] });
`;

/** On a phone, what is wider than the screen scrolls within its own box. */
const NARROW = `body { margin: 0; }
@media (max-width: 640px) {
  .swagger-ui .wrapper, .swagger-ui .opblock-tag { padding: 0 8px; }
  .swagger-ui .opblock .opblock-summary { flex-wrap: wrap; }
  .swagger-ui .opblock .opblock-summary-path { max-width: 100%; }
  .swagger-ui table, .swagger-ui .opblock-body pre, .swagger-ui .model-box { display: block; max-width: 100%; overflow-x: auto; }
}
`;

interface PageFile {
  readonly type: string;
  read(): string | Buffer;
}

/** The page that shows the document and tries the API: its files, by their path below /docs. */
export const docsFiles: Readonly<Record<string, PageFile>> = {
  'index.html': { type: 'text/html; charset=utf-8', read: () => PAGE },
  'start.js': { type: 'text/javascript; charset=utf-8', read: () => START },
  'narrow.css': { type: 'text/css; charset=utf-8', read: () => NARROW },
  'swagger-ui.css': { type: 'text/css; charset=utf-8', read: () => asset('swagger-ui.css') },
  'swagger-ui-bundle.js': { type: 'text/javascript; charset=utf-8', read: () => asset('swagger-ui-bundle.js') },
  'favicon-32x32.png': { type: 'image/png', read: () => asset('favicon-32x32.png') },
};

function asset(name: string): Buffer {
  return readFileSync(join(dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')), name));
}
