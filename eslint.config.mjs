import tseslint from 'typescript-eslint';

/** The doors: who may import whom. `shared` knows nobody, a service never another service, the browser side only contracts. */
const never = (files, groups, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: groups.map((group) => ({ group: [group], message })) }] },
});
const services = ['users', 'posts', 'events', 'chat', 'notification', 'realtime'];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/coverage/**', '**/.linsta/**'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: [] }, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/require-await': 'off',
      // Nothing here uses `this`: what looks like a method closes over what it needs.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  never(['shared/contracts/**/*.ts'], ['@linsta/*', 'node:*', 'express', 'mongoose'], 'contracts is zod only and browser-safe'),
  never(['shared/server/src/**/*.ts'], ['@linsta/!(contracts)'], 'shared/server knows only the contracts'),
  never(
    ['services/*/src/**/*.ts', 'gateway/src/**/*.ts'],
    [...services.map((name) => `@linsta/${name}`), '@linsta/gateway', '@linsta/testing', '@linsta/mongo', '@linsta/launcher'],
    'a service talks to another over HTTP or the bus, never by import',
  ),
  never(
    ['client/src/**/*.{ts,tsx}', 'web/src/**/*.{ts,tsx}'],
    ['@linsta/!(contracts|client)', '@linsta/!(contracts|client)/**', 'node:*'],
    'the browser side knows the contracts alone',
  ),
  never(['embedded/mongo/src/**/*.ts'], ['@linsta/*'], 'the store is a server of its own'),
  {
    files: ['**/test/**/*.ts', 'e2e/**/*.ts'],
    languageOptions: { parserOptions: { projectService: false, project: ['./tsconfig.tests.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Answers of a running product are asserted, not typed.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
