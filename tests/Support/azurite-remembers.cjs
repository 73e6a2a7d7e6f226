// Loaded before Azurite: holds back each answer to a change until the change is on disk. Azurite itself writes every five seconds.
const fs = require("node:fs/promises");
const http = require("node:http");
const path = require("node:path");
const Loki = require(path.join(process.env.AZURITE_PACKAGES, "node_modules", "lokijs"));

const databases = new Set();
let writing = Promise.resolve();
let waiting = null;

// Writes all that was changed before the call; calls that come while it writes share the next round.
function remember() {
  waiting ??= writing.then(() => {
    waiting = null;
    const texts = [...databases].map((database) => [database.filename, database.serialize()]);
    writing = write(texts);
    return writing;
  });
  return waiting;
}

// Blobs refer to extents: those of any moment are on disk before the blobs are.
async function write(texts) {
  for (const [file, text] of texts.sort(([a], [b]) => b.includes("extent") - a.includes("extent"))) {
    await fs.writeFile(`${file}~`, text);
    await fs.rename(`${file}~`, file);
  }
}

Loki.prototype.saveDatabase = function (done) {
  databases.add(this); // each is saved when it is opened
  remember().then(() => done?.());
};

const end = http.ServerResponse.prototype.end;
http.ServerResponse.prototype.end = function (...rest) {
  if (this.req.method === "GET" || this.req.method === "HEAD") return end.apply(this, rest);
  remember().then(() => end.apply(this, rest));
  return this;
};
