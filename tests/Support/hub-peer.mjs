// What the hub's own client for Node brings into a cache, and what it finds there.
// Arguments: the folder with the packages; the cache; a repository; and the hub's address, to download from it first. Prints JSON.
import { load } from "./packages.mjs";

const [, cacheDir, repo, hubUrl] = process.argv.slice(2);
console.debug = () => {};
const { scanCacheDir, snapshotDownload } = await load("@huggingface/hub");
const folder = hubUrl && await snapshotDownload({ repo, cacheDir, hubUrl });
const cache = await scanCacheDir(cacheDir);
const found = cache.repos.filter(candidate => candidate.id.name === repo);
process.stdout.write(JSON.stringify({
  folder,
  warnings: cache.warnings.map(String),
  files: found.flatMap(each => each.revisions.flatMap(revision => revision.files.map(file => ({
    commit: revision.commitOid, refs: revision.refs, path: file.path, blob: file.blob.path, size: file.blob.size })))),
}));
