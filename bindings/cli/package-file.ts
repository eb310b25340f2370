import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of a file of this package. The package's root is the nearest directory above this module that has a package.json: the depth differs between source and build. */
export async function packageFile(...path: readonly string[]): Promise<string> {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    try {
      await access(join(directory, 'package.json'));
      return join(directory, ...path);
    } catch (error) {
      if (dirname(directory) === directory) throw error;
    }
  }
}
