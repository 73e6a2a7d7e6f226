// Loaded before Azurite, which writes what it knows every five seconds, where the service it stands for forgets nothing it has
// answered. At SIGUSR2 it dies by SIGKILL, in the midst of whatever it is doing, but with all that is on disk.
const fs = require("node:fs");
const path = require("node:path");
const Loki = require(path.join(process.env.AZURITE_PACKAGES, "node_modules", "lokijs"));

const databases = new Set();
const save = Loki.prototype.saveDatabase;
Loki.prototype.saveDatabase = function (done) {
  databases.add(this); // each is saved when it is opened
  return save.call(this, done);
};

process.on("SIGUSR2", () => {
  for (const database of databases) {
    fs.writeFileSync(`${database.filename}.last`, database.serialize());
    fs.renameSync(`${database.filename}.last`, database.filename);
  }
  process.kill(process.pid, "SIGKILL");
});
