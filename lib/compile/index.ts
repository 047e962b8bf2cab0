export { compile, type CompilableFunction, type Compiled, type CompileOptions, type RunOptions } from './compile.js';
