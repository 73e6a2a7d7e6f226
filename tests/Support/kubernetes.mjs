// Validates Kubernetes objects against the API's schemas. Prints, as a JSON array, what is wrong with each of the objects in the JSON
// array that the second argument names.
import { readFileSync } from "node:fs";
import { load } from "./packages.mjs";

const faults = [];
for (const object of JSON.parse(readFileSync(process.argv[3], "utf8"))) {
    try {
        const model = await load(`kubernetes-models/${object.apiVersion}/${object.kind}`);
        const type = model[object.kind] ?? model.default[object.kind];
        new type(object).validate();
    } catch (fault) {
        faults.push(`${object.kind} ${object.metadata?.name}: ${fault.message}`);
    }
}
console.log(JSON.stringify(faults));
