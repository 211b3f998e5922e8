// What the page knows of the project, kept in step with the server; decisions that wait for the disk are never lost.

import { t } from "./words.js";

const PAGE = 20000;
const POLL = 1500;
const RETRY = 2000;
const PATIENCE = 20000;  // ms after which an answer that hangs is sent again

export class Failed extends Error {
  constructor(text, status) { super(text); this.status = status; }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failed(t("The studio does not answer. Is it still running?"), 0);
  }
  if (answer.ok) return answer;
  if (answer.status === 401) throw new Failed(t("The studio needs the address that was printed when it was started, with its token."), 401);
  let text = `${answer.status} ${answer.statusText}`;
  try {
    const told = await answer.json();
    text = told.error ?? (Array.isArray(told.detail) ? told.detail.map((one) => one.msg).join("; ") : told.detail) ?? text;
  } catch { /* no JSON: the status says it */ }
  throw new Failed(String(text), answer.status);
}

export const get = async (path, options) => (await ask(path, options)).json();
export const bytes = async (path, options) => (await ask(path, options)).arrayBuffer();
export async function post(path, body = {}, options = {}) {
  const headers = { "content-type": "application/json", "x-linne": "1" };
  const answer = await ask(path, { method: "POST", headers, body: JSON.stringify(body), ...options });
  return answer.status === 204 ? null : answer.json();
}
export const thumb = (row) => `/api/thumb/${row}?v=${project.mark}`;
export const view = (row) => `/api/view/${row}?v=${project.mark}`;

export const events = new EventTarget();
const emit = (name, detail) => events.dispatchEvent(new CustomEvent(name, { detail }));
export const on = (name, then) => {
  const listen = (event) => then(event.detail);
  events.addEventListener(name, listen);
  return () => events.removeEventListener(name, listen);
};

export let project = null;
export const columns = {};
export let loaded = 0;
let layout = [];
let number = 0;

const KINDS = { "<i4": Int32Array, "<u4": Uint32Array, "|u1": Uint8Array, "<u8": BigUint64Array };

export async function begin() {
  const hash = new URLSearchParams(location.hash.slice(1));
  if (hash.has("token")) {
    await post("/session", { token: hash.get("token") });
    history.replaceState(null, "", location.pathname);
  }
  const first = bytes(`/api/pictures?start=0&count=${PAGE}`);
  const [told, columned] = await Promise.all([get("/api/project"), get("/api/columns")]);
  project = told; layout = columned; number = told.number;
  const n = project.figures.pictures;
  for (const [name, kind, width] of layout) columns[name] = new KINDS[kind](n * width);
  const modules = Promise.all(told.panels.map((name) => import(`./panels/${name}.js`)));
  page(0, await first);
  loaded = Math.min(PAGE, n);
  setInterval(() => { if (!document.hidden) changes(); }, POLL);
  setInterval(jobs, POLL);
  resend();
  return modules;
}

export const follow = () => rest(loaded);  // the other pictures, once the first ones are shown

function page(start, data) {
  const n = Math.min(PAGE, project.figures.pictures - start);
  let at = 0;
  for (const [name, kind, width] of layout) {
    const size = n * width * KINDS[kind].BYTES_PER_ELEMENT;
    columns[name].set(new KINDS[kind](data.slice(at, at + size)), start * width);
    at += size;
  }
}

// the pictures from here on, once more where the server did not answer; only the latest of several readings goes on
let reading = 0;
async function rest(start) {
  const own = ++reading;
  while (start < project.figures.pictures) {
    const data = await bytes(`/api/pictures?start=${start}&count=${PAGE}`).catch(() => null);
    if (own !== reading) return;
    if (!data) { await new Promise((resolve) => setTimeout(resolve, RETRY)); continue; }
    page(start, data);
    start += PAGE;
    loaded = Math.max(loaded, Math.min(start, project.figures.pictures));
    emit("loaded", loaded);
  }
}

// what a check or a run changed: its findings, its answers; columns of several labels may be wider than they were
export async function reload() {
  [project, layout] = await Promise.all([get("/api/project"), get("/api/columns")]);
  for (const [name, kind, width] of layout) {
    const size = project.figures.pictures * width;
    if (columns[name].length !== size) { columns[name] = new KINDS[kind](size); loaded = 0; }
  }
  await rest(0);
  emit("project", project);
}

function take(seen, back = false) {
  const row = seen.row;
  if (!back && seen.version < columns.version[row]) return;  // was told before what is known by now
  columns.version[row] = seen.version;
  columns.state[row] = seen.state;
  columns.conflict[row] = seen.conflict ? 1 : 0;
  if (project.several) {
    columns.known[row] = seen.known ? 1 : 0;
    const width = columns.has.length / project.figures.pictures;
    columns.has.fill(0, row * width, (row + 1) * width);
    for (const label of seen.labels) {
      const k = project.classes.indexOf(label);
      if (k >= 0 && k < width * 8) columns.has[row * width + (k >> 3)] |= 1 << (k & 7);
    }
  } else columns.label[row] = seen.labels.length ? project.classes.indexOf(seen.labels[0]) : -1;
}

function heard(told) {
  const begun = waiting.flatMap((batch) => batch.answers.flatMap((one) => one.to)).filter((label) => label !== NONE || !project.several);
  project.classes = [...told.classes, ...new Set(begun.filter((label) => !told.classes.includes(label)))];
  if (told.figures) project.figures = told.figures;
  const wide = project.several && columns.has.length / project.figures.pictures < Math.ceil(told.classes.length / 8);
  if (wide) return reload();  // a ninth, seventeenth, ... label
  for (const seen of told.rows) take(seen);
  emit("changes", told.rows);
}

export let lost = "";  // why the server cannot be asked; "" as long as it can
async function changes() {
  let now = "";
  try {
    const told = await get(`/api/changes?since=${number}`);
    if (told.number !== number) {
      number = told.number;
      heard(told);
    }
  } catch (error) { now = error.message; }
  if (now !== lost) { lost = now; emit("unsaved"); }
}

// labels of a picture, as names
export function labels(row) {
  if (!project.several) return columns.label[row] >= 0 ? [project.classes[columns.label[row]]] : [];
  const width = columns.has.length / project.figures.pictures;
  return project.classes.filter((_, k) => columns.has[row * width + (k >> 3)] & (1 << (k & 7)));
}
export function has(row, k) {
  if (!project.several) return columns.label[row] === k;
  const width = columns.has.length / project.figures.pictures;
  return k < width * 8 && (columns.has[row * width + (k >> 3)] & (1 << (k & 7))) !== 0;
}
// whether somebody said which labels it has; of several labels none is an answer too
export const NONE = ";";
export const known = (row) => (project.several ? columns.known[row] === 1 : columns.label[row] >= 0);
export const firstLabel = (row) => (project.several ? project.classes.findIndex((_, k) => has(row, k)) : columns.label[row]);
// whether the run's answer is the label: null where either is not there
export function right(row) {
  if (!known(row)) return null;
  if (!project.several) return columns.guess[row] < 0 ? null : columns.guess[row] === columns.label[row];
  if (columns.confidence[row] === 255) return null;
  const width = columns.has.length / project.figures.pictures;
  for (let k = row * width; k < (row + 1) * width; k++) if (columns.has[k] !== columns.said[k]) return false;
  return true;
}
// the labels that a suggestion names
export const parted = (text) => (project.several ? text.split(NONE).filter(Boolean) : text ? [text] : []);
export const state = (row) => project.states[columns.state[row]];
export const left = (row) => state(row) === "dropped" || state(row) === "bad picture";

// decisions: sent in order, kept in the browser until the server has them on its disk
export const me = () => localStorage.getItem("who") || project.who;
let waiting = [];
let sending = false;
const done = [];  // batches that may be undone
export let why = "";  // the latest answers are not saved
export const unsaved = () => waiting.reduce((n, batch) => n + batch.answers.length, 0);

// a batch has a place of its own: another tab keeps its own ones beside it. Rows count among these very pictures.
const KEY = () => `unsaved ${project.key} `;
function remember(batch, there) {
  try {
    if (there) localStorage.setItem(KEY() + batch.mark, JSON.stringify(batch));
    else localStorage.removeItem(KEY() + batch.mark);
  } catch { /* no storage: memory has them */ }
  emit("unsaved");
}

// shown at once, before the server confirms: a second key must meet the next picture
const COMES_TO = { keep: "confirmed", drop: "dropped", "bad picture": "bad picture", unsure: "unsure" };
function foreseen(answers) {
  const rows = answers.map((one) => {
    const { row } = one;
    const said = one.decision === "accept" ? parted(one.suggested) : one.to;
    const none = project.several && (one.decision === "accept" ? one.suggested === NONE : one.to[0] === NONE);
    const to = none ? [] : said;
    for (const label of to) if (!project.classes.includes(label) && !project.several) project.classes.push(label);
    const new_ = none || to.length > 0;
    const word = new_ ? (columns.given[row] < 0 && columns.label[row] < 0 && !project.several ? "labelled" : "relabelled") : COMES_TO[one.decision];
    const seen = { row, version: columns.version[row] + 1, state: project.states.indexOf(word), labels: new_ ? to : labels(row), known: new_ || known(row), conflict: false };
    take(seen);
    return seen;
  });
  emit("changes", rows);
}

async function refused(answers) {
  const rows = await Promise.all(answers.slice(0, 200).map((one) => get(`/api/picture/${one.row}`).catch(() => null)));
  const known = rows.filter(Boolean);
  for (const seen of known) take(seen, true);
  emit("changes", known);
}

export const MOST = 5000;
const UNDONE = 1000;
let begun = 0;
export function decide(rows, decision, to = [], suggested = () => "") {
  if (rows.length > MOST) emit("many", MOST);
  const answers = rows.slice(0, MOST).map((row) => {
    const one = { row, version: columns.version[row], decision, to };
    if (decision === "accept") one.suggested = suggested(row);
    return one;
  });
  if (decision !== "undo") foreseen(answers);
  else for (const row of rows) columns.version[row] += 1;  // what is said next has seen it
  const mark = `${Date.now()} ${String(begun++).padStart(6, "0")} ${Math.random().toString(36).slice(2, 12)}`;  // sorts as it was said
  const batch = { answers, who: me(), mark };
  waiting.push(batch);
  if (decision !== "undo" && done.push(batch) > UNDONE) done.shift();
  remember(batch, true);
  const saved = new Promise((resolve) => { batch.then = resolve; });
  send();
  return saved;
}

async function send() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    const batch = waiting[0];
    try {
      const told = await post("/api/decide", { answers: batch.answers, who: batch.who, mark: batch.mark }, { signal: AbortSignal.timeout(PATIENCE) });
      why = "";
      waiting.shift();
      remember(batch, false);
      if (told.number === number + told.rows.length) number = told.number;  // else others decided meanwhile: the next look tells
      heard(told);
      const fought = told.rows.filter((row) => row.against);
      if (fought.length) emit("fought", fought);
      emit("command", told.command);
      batch.then?.(told);
    } catch (error) {
      if ([0, 401, 408, 409, 507].includes(error.status)) {
        why = error.message;
        emit("unsaved");
        setTimeout(() => { sending = false; send(); }, RETRY);
        return;
      }
      waiting.shift();
      remember(batch, false);
      if (done.includes(batch)) done.splice(done.indexOf(batch), 1);
      emit("refused", error.message);
      refused(batch.answers);
      batch.then?.(null);
    }
  }
  sending = false;
}

function resend() {
  try {
    const kept = Object.keys(localStorage).filter((name) => name.startsWith(KEY())).sort();
    waiting = kept.map((name) => JSON.parse(localStorage.getItem(name)));
  } catch { waiting = []; }
  send();
}

export function undo() {
  const batch = done.pop();
  return batch ? decide(batch.answers.map((one) => one.row), "undo") : null;
}

addEventListener("beforeunload", (event) => { if (waiting.length) event.preventDefault(); });

// jobs
export let running = [];
let before = "", ended = null;
const ANEW = ["check", "train"];  // what a page shows of pictures is another afterwards
async function jobs() {
  if (document.hidden) return;
  try {
    const told = await get("/api/jobs");
    const now = JSON.stringify(told), done = told.filter((one) => ANEW.includes(one.kind) && one.state === "done").map((one) => one.id);
    running = told;
    if (now !== before) emit("jobs", told);
    before = now;
    const fresh = done.some((id) => !(ended ?? done).includes(id));
    ended = done;
    if (fresh) await reload();
  } catch { /* changes() says it */ }
}
export const look = jobs;
