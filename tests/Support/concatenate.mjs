// Documents to token rows as each generation of tokenize_and_concatenate makes them, said once more and plainly, over the Hugging Face
// tokenizers library itself. Arguments: the folder with the packages; a JSON file { definition, documents, jobs }, a job being
// { profile, context, addBos, padding, processes, output }. Writes each job's tokens to its output file, as int32.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, request] = process.argv.slice(2);
const { Tokenizer } = createRequire(join(folder, "package.json"))("tokenizers");
const { definition, documents, jobs } = JSON.parse(readFileSync(request, "utf8"));
const endOfText = "<|endoftext|>";
const isSpace = character => /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/.test(character);

function batches(processes) {
  const all = [];
  const shards = Math.min(processes, documents.length);
  const div = Math.floor(documents.length / shards), mod = documents.length % shards;
  for (let index = 0; index < shards; index++) {
    const start = div * index + Math.min(index, mod);
    const shard = documents.slice(start, start + div + (index < mod ? 1 : 0));
    for (let i = 0; i < shard.length; i += 1000)
      all.push(shard.slice(i, i + 1000));
  }
  return all;
}

function chunksOf(characters, atSpaces) {
  const length = Math.floor((characters.length - 1) / 20) + 1;
  const chunks = [];
  if (!atSpaces) {
    for (let i = 0; i < 20; i++)
      chunks.push(characters.slice(i * length, (i + 1) * length).join(""));
    return chunks;
  }
  for (let i = 0, start = 0; i < 20; i++) {
    let end = Math.min(start + length, characters.length);
    const boundary = Math.min(end + Math.floor(length / 10), characters.length);
    while (end < boundary && !isSpace(characters[end]))
      end++;
    chunks.push(characters.slice(start, end).join(""));
    start = end;
  }
  return chunks;
}

const loaded = new Map();

function load(padding) {
  if (!loaded.has(padding)) {
    const tokenizer = Tokenizer.fromString(definition);
    const hasPad = tokenizer.tokenToId(padding) !== null;
    if (!hasPad)
      tokenizer.addSpecialTokens([padding]);
    loaded.set(padding, { tokenizer, hasPad });
  }
  return loaded.get(padding);
}

async function rowsOf({ profile, context, addBos, padding, processes }) {
  const { tokenizer, hasPad } = load(padding);
  const padId = tokenizer.tokenToId(padding), eos = tokenizer.tokenToId(endOfText);
  const perRow = addBos ? context - 1 : context;
  const rows = [];
  for (const texts of batches(processes)) {
    let tokens = [];
    if (profile === "transformer-lens-3.1") {
      tokenizer.disablePadding();
      for (let i = 0; i < texts.length; i++) {
        if (i > 0)
          tokens.push(eos);
        for (const id of (await tokenizer.encode(texts[i], null, { addSpecialTokens: false })).getIds())
          tokens.push(id);
      }
    } else {
      const characters = Array.from(texts.join(endOfText));
      if (profile !== "transformer-lens-1" && characters.every(isSpace))
        continue;
      tokenizer.setPadding({ padId, padToken: padding });
      const encoded = await tokenizer.encodeBatch(chunksOf(characters, profile === "transformer-lens-2.18"));
      tokens = encoded.flatMap(encoding => encoding.getIds().filter(id => id !== padId));
    }
    if (tokens.length < perRow && profile !== "transformer-lens-1") {
      const filling = profile === "transformer-lens-2.8" || hasPad ? padId : eos;
      while (tokens.length < perRow)
        tokens.push(filling);
    }
    for (let at = 0; at + perRow <= tokens.length; at += perRow)
      rows.push(...(addBos ? [eos] : []), ...tokens.slice(at, at + perRow));
  }
  return rows;
}

for (const job of jobs)
  writeFileSync(job.output, Buffer.from(Int32Array.from(await rowsOf(job)).buffer));
