// Imports a package from the folder named by the first argument, wherever the importing script lies.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.argv[2], "index.js"));

export const load = name => import(pathToFileURL(require.resolve(name)));
