"use strict";
const $ = id => document.getElementById(id);
const shownHeads = 12, interval = 2000;
let selected = null;

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};
const number = (value, digits = 0) => typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: digits }) : value ?? "";
const time = seconds => seconds == null ? "" : new Date(seconds * 1000).toISOString().slice(11, 19);

async function ask(path, options = {}) {
  const key = sessionStorage.getItem("key");
  const response = await fetch(path, { ...options, headers: { ...options.headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) } });
  if (response.status === 401) $("ask").hidden = false;
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? `The server answered ${response.status}.`);
  }
  return response;
}

function bar(share) {
  const outer = element("span", undefined, "bar"), inner = element("i");
  inner.style.width = `${100 * share}%`;
  outer.append(inner);
  outer.title = `${(100 * share).toFixed(1)} %`;
  return outer;
}

function showJobs(jobs) {
  $("jobs").hidden = false;
  $("jobs").tBodies[0].replaceChildren(...jobs.map(job => {
    const row = element("tr");
    row.dataset.id = job.id;
    row.ariaSelected = job.id === selected;
    const progress = element("td", undefined, "text");
    progress.append(bar(job.progress));
    row.append(element("td", job.id), element("td", job.model ?? "", "text"), element("td", job.model ? number(job.rows) : ""), element("td", job.state, "text"), progress,
      element("td", number(job.tokens_per_second)), element("td", time(job.seconds_left)));
    row.onclick = () => { selected = job.id; refresh(); };
    return row;
  }));
}

async function change(job, method, body) {
  try {
    await ask(`/v1/jobs/${job.id}`, { method, ...(body ? { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } } : {}) });
    await refresh();
  } catch (error) { $("message").textContent = error.message; }
}

async function download(job, file) {
  try {
    const blob = await (await ask(`/v1/jobs/${job.id}/results/${file}`)).blob();
    const link = element("a");
    link.href = URL.createObjectURL(blob);
    link.download = file;
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) { $("message").textContent = error.message; }
}

function button(text, act) {
  const made = element("button", text);
  made.onclick = act;
  return made;
}

async function showJob(job) {
  $("job").hidden = !job;
  if (!job) return;
  if (job.state === "unreadable") {
    $("job").querySelector("h2").textContent = job.id;
    $("about").textContent = job.error;
    for (const part of ["actions", "results"]) $(part).replaceChildren();
    $("heads").hidden = true;
    return;
  }
  $("job").querySelector("h2").textContent = `${job.model}, ${number(job.rows)} rows of ${job.context}`;
  $("about").textContent = [`${number(job.shards_committed)} of ${number(job.shards)} shards`, `priority ${job.priority}`,
    job.submitted && `submitted ${job.submitted.slice(0, 16).replace("T", " ")}${job.submitted_by ? ` by ${job.submitted_by}` : ""}`,
    job.summary && `mean loss ${Number(job.summary.mean_loss).toFixed(4)}`, ...(job.warnings ?? []), job.error].filter(Boolean).join(" · ");
  const ended = ["done", "failed", "cancelled"].includes(job.state);
  $("actions").replaceChildren(...(ended ? [] : [
    job.state === "paused" ? button("Resume", () => change(job, "PATCH", { paused: false })) : button("Pause", () => change(job, "PATCH", { paused: true })),
    button("Cancel", () => change(job, "DELETE")),
  ]));
  $("results").replaceChildren(...Object.keys(job.files ?? {}).map(file => button(file, () => download(job, file))));
  const preview = await (await ask(`/v1/jobs/${job.id}/preview`)).json();
  const columns = [preview.headline, ...preview.scores.filter(score => score !== preview.headline)].map(score => preview.scores.indexOf(score));
  const heads = preview.heads.filter(head => typeof head.values[columns[0]] === "number").sort((a, b) => b.values[columns[0]] - a.values[columns[0]]).slice(0, shownHeads);
  $("heads").hidden = heads.length === 0;
  $("heads").tHead.rows[0].replaceChildren(element("th", "head"), ...columns.map(column => element("th", preview.scores[column])));
  $("heads").tBodies[0].replaceChildren(...heads.map(head => {
    const row = element("tr");
    row.append(element("td", head.label), ...columns.map(column => element("td", number(head.values[column], 4))));
    return row;
  }));
}

async function refresh() {
  try {
    const page = await (await ask("/v1/jobs?limit=200")).json();
    page.jobs.sort((a, b) => (b.submitted ?? "").localeCompare(a.submitted ?? ""));
    selected ??= page.jobs[0]?.id ?? null;
    showJobs(page.jobs);
    await showJob(page.jobs.find(job => job.id === selected));
    $("message").textContent = page.jobs.length ? "" : "No jobs yet.";
  } catch (error) { $("message").textContent = error.message; }
}

$("ask").onsubmit = event => {
  event.preventDefault();
  sessionStorage.setItem("key", $("key").value);
  $("ask").hidden = true;
  refresh();
};
refresh();
setInterval(refresh, interval);
