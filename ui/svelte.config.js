// Compiler options of Svelte, shared by Vite, svelte-check and ESLint.
export default { compilerOptions: { runes: true } };
