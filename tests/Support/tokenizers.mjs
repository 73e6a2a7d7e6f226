// Encodes texts and decodes ids with the Hugging Face tokenizers library itself, through its bindings for Node.
// Arguments: the folder with the packages; a JSON file { definition, texts, ids }. Prints { encoded, decoded }.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, request] = process.argv.slice(2);
const { Tokenizer } = createRequire(join(folder, "package.json"))("tokenizers");
const { definition, texts, ids } = JSON.parse(readFileSync(request, "utf8"));
const tokenizer = Tokenizer.fromString(definition);
const encoded = [];
for (const text of texts)
  encoded.push((await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds());
const decoded = [];
for (const list of ids)
  decoded.push(await tokenizer.decode(list, false));
process.stdout.write(JSON.stringify({ encoded, decoded }));
