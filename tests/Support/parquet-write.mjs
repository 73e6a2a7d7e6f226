// Writes Parquet files with Rust's parquet crate (parquet-wasm). Arguments: the folder with the packages; a JSON file
// { texts: [..], files: [{ path, compression, version, dictionary, encoding, group, page }] }. A text that is null is a missing value.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.argv[2], "index.js"));
const arrow = require("apache-arrow");
const wasm = require("parquet-wasm");

const { texts, files } = JSON.parse(readFileSync(process.argv[3], "utf8"));
const table = new arrow.Table({ text: arrow.vectorFromArray(texts, new arrow.Utf8()) });
const bytes = arrow.tableToIPC(table, "stream");
for (const { path, compression, version, dictionary, encoding, group, page } of files) {
    let properties = new wasm.WriterPropertiesBuilder()
        .setCompression(wasm.Compression[compression])
        .setWriterVersion(wasm.WriterVersion[version])
        .setDictionaryEnabled(dictionary)
        .setMaxRowGroupSize(group)
        .setDataPageSizeLimit(page)
        .setWriteBatchSize(4);
    if (encoding)
        properties = properties.setColumnEncoding("text", wasm.Encoding[encoding]);
    writeFileSync(path, wasm.writeParquet(wasm.Table.fromIPCStream(bytes), properties.build()));
}
