export { compile, type CompilableFunction, type Compiled, type CompileOptions, type RunOptions } from './compile.js';
export type { OpProfile, Profile, ProfileOptions } from './profile.js';
