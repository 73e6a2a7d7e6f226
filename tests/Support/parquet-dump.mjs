// Prints what two independent readers find in each Parquet file named by the arguments, as a JSON array of
// { duckdb, hyparquet }, each { types: [..], names: [..], rows, columns: [[..]] }. Values are strings: floats and doubles the
// decimal value of their bits, so that nothing is rounded and -0 shows; any NaN is "NaN".
import { load } from "./packages.mjs";

const { DuckDBInstance } = await load("@duckdb/node-api");
const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await load("hyparquet");

const view = new DataView(new ArrayBuffer(8));
const text = {
    FLOAT: value => Number.isNaN(value) ? "NaN" : (view.setFloat32(0, value), String(view.getUint32(0))),
    DOUBLE: value => Number.isNaN(value) ? "NaN" : (view.setFloat64(0, value), String(view.getBigUint64(0))),
};
const encode = (type, values) => values.map(text[type] ?? String);

async function duckdb(connection, path) {
    const result = await connection.runAndReadAll(`select * from read_parquet('${path}')`);
    const types = result.columnTypes().map(String);
    const columns = result.getColumns().map((values, i) => encode(types[i], values));
    return { names: result.columnNames(), types, rows: result.currentRowCount, columns: types.map((_, i) => columns[i] ?? []) };
}

async function hyparquet(path) {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const fields = parquetSchema(metadata).children.map(child => child.element);
    const rows = metadata.num_rows === 0n ? [] : await parquetReadObjects({ file });
    return {
        names: fields.map(field => field.name),
        types: fields.map(field => `${field.repetition_type} ${field.type}${field.logical_type ? ` ${field.logical_type.type}` : ""}`),
        rows: Number(metadata.num_rows),
        columns: fields.map(field => encode(field.type, rows.map(row => row[field.name]))),
    };
}

const connection = await (await DuckDBInstance.create(":memory:")).connect();
const files = [];
for (const path of process.argv.slice(3)) files.push({ duckdb: await duckdb(connection, path), hyparquet: await hyparquet(path) });
process.stdout.write(JSON.stringify(files));
