const project = {
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2023',
        },
        module: { type: 'es6' },
      },
    ],
  },
  moduleNameMapper: {
    '^#(telemetry|contracts|database|events|cache|runtime)$': '<rootDir>/libs/$1/src/index.ts',
    '^#(auth|users|posts|notifications)$': '<rootDir>/apps/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  globalTeardown: '<rootDir>/test/support/tear-down.mjs',
};

export default {
  // For what hangs. A test that starts several processes takes a minute on a slow machine.
  testTimeout: 180_000,
  projects: [
    {
      ...project,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{apps,libs}/**/*.spec.ts',
        '<rootDir>/test/*.spec.ts',
        '<rootDir>/test/{compose,contracts,database,reference}/*.spec.ts',
        '<rootDir>/test/compare/**/*.spec.ts',
      ],
      globalSetup: '<rootDir>/test/support/postgres.setup.mjs',
    },
    {
      ...project,
      displayName: 'behaviour',
      testMatch: ['<rootDir>/test/behaviour/*.e2e-spec.ts'],
      globalSetup: '<rootDir>/test/support/behaviour.setup.mjs',
    },
    { ...project, displayName: 'start-up', testMatch: ['<rootDir>/test/start-up/*.spec.ts'] },
    { ...project, displayName: 'abuse', testMatch: ['<rootDir>/test/abuse/*.spec.ts'] },
    // Needs containers: run by `npm run test:containers`.
    { ...project, displayName: 'parts', testMatch: ['<rootDir>/test/parts/*.spec.ts'] },
    { ...project, displayName: 'delivery', testMatch: ['<rootDir>/test/delivery/*.spec.ts'] },
  ],
};
