// The rules of `npm run lint`; a warning fails it too.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['dist/', 'src/bindings/'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  { languageOptions: { globals: globals.browser } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig, extraFileExtensions: ['.svelte'] } },
  },
  {
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      'max-lines': ['error', { max: 250 }],
      'no-restricted-globals': ['error', 'alert', 'confirm', 'prompt', 'localStorage', 'sessionStorage'],
      'svelte/no-at-html-tags': 'error',
      // The content security policy forbids style attributes; the `style:` directive goes through the CSSOM.
      'no-restricted-syntax': ['error', { selector: 'SvelteAttribute[key.name="style"]', message: 'use a class or the style: directive' }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'svelte/button-has-type': 'error',
      'svelte/block-lang': ['error', { script: 'ts', enforceScriptPresent: true }],
    },
  },
  { files: ['*.config.*'], languageOptions: { globals: globals.node } },
);
