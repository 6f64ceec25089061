const swc = (syntax) => ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax } }, module: { type: 'commonjs' } }];

/** One configuration for every package; `npm test -w services/chat` narrows it by folder. Tests run on the TypeScript sources. */
module.exports = {
  testMatch: ['<rootDir>/**/test/**/*.test.ts', '<rootDir>/tests/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  transform: {
    '^.+\\.tsx?$': swc('typescript'),
    // An ES module alone, which this runner cannot load as it is.
    '/node_modules/jose/.+\\.js$': swc('ecmascript'),
  },
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
  testEnvironmentOptions: {
    customExportConditions: ['linsta-source', 'require', 'node', 'default'],
    // nock's interceptors live as long as the process, not as one test file.
    globalsCleanup: 'off',
  },
  // Sources that are ES modules name each other with the ending they will have.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 30_000,
  // A connection that some library keeps for a moment must not hold up the end of a run.
  forceExit: true,
};
