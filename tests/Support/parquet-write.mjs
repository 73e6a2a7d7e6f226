// Writes Parquet files with Rust's parquet crate (parquet-wasm). Arguments: the folder with the packages; a JSON file
// { rows: [{ text, int32, int64, float32, float64, flag }], files: [{ path, compression, version, dictionary, encoding, group, page }] }.
// A column that is null in some row is written with missing values. Integers of 64 bits are strings.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.argv[2], "index.js"));
const arrow = require("apache-arrow");
const wasm = require("parquet-wasm");

const { rows, files } = JSON.parse(readFileSync(process.argv[3], "utf8"));
const types = {
    text: new arrow.Utf8(), int32: new arrow.Int32(), int64: new arrow.Int64(),
    float32: new arrow.Float32(), float64: new arrow.Float64(), flag: new arrow.Bool(),
};
const columns = {};
for (const name of Object.keys(rows[0])) {
    const values = rows.map(row => name === "int64" && row[name] !== null ? BigInt(row[name]) : row[name]);
    columns[name] = arrow.vectorFromArray(values, types[name]);
}
const bytes = arrow.tableToIPC(new arrow.Table(columns), "stream");
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
