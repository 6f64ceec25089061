/** One configuration for every package; `npm test -w services/chat` narrows it by folder. Tests run on the TypeScript sources. */
module.exports = {
  testMatch: ['<rootDir>/**/test/**/*.test.ts', '<rootDir>/e2e/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  transform: {
    '^.+\\.tsx?$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  testEnvironmentOptions: { customExportConditions: ['linsta-source', 'require', 'node', 'default'] },
  testTimeout: 30_000,
};
