import tseslint from 'typescript-eslint';

// Boundaries between packages are a table of their own, with a planted violation for every row:
// tests/boundaries.

/** Pronouns and fillers where a comment should name its subject; see CONTRIBUTING.md, Language. */
const VAGUE = [
  'whoever',
  'nobody',
  'somebody',
  'somewhere',
  'anybody',
  'everybody',
  'so many',
  "one's own",
  'one’s own',
  'the others',
  'what is',
  'what was',
  'what comes',
  'what goes',
  'what waits',
];

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
  {
    files: ['**/*.{ts,tsx,mjs}'],
    rules: {
      'max-len': ['error', { code: 1_000, comments: 100, ignoreUrls: true }],
      'no-warning-comments': ['error', { terms: VAGUE, location: 'anywhere' }],
    },
  },
  {
    files: ['**/test/**/*.ts', 'tests/**/*.ts', 'tools/screenshots/*.ts'],
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
