import { existsSync } from 'node:fs';
import path from 'node:path';

/** The root of the repository, from a compiled file of bench. */
export function repositoryRoot(folder: string): string {
  return existsSync(path.join(folder, 'binding.gyp')) ? folder : repositoryRoot(path.dirname(folder));
}
