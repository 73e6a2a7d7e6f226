// Runs each argument as a DuckDB query and prints a JSON array: for each query, its rows as arrays of strings or null.
import { load } from "./packages.mjs";

const { DuckDBInstance } = await load("@duckdb/node-api");
const connection = await (await DuckDBInstance.create(":memory:")).connect();
const results = [];
for (const query of process.argv.slice(3)) {
    const rows = (await connection.runAndReadAll(query)).getRows();
    results.push(rows.map(row => row.map(value => value === null ? null : String(value))));
}
process.stdout.write(JSON.stringify(results));
