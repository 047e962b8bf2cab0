import { transformSync } from '@swc/core';

// The typings of swc do not know yet that it parses `using`.
const parser = { syntax: 'typescript', explicitResourceManagement: true } as const;

/** TypeScript to the CommonJS that Node runs. */
export function transpile(source: string): string {
  return transformSync(source, { swcrc: false, module: { type: 'commonjs' }, jsc: { target: 'es2022', parser } }).code;
}
