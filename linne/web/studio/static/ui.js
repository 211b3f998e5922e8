// Elements and the few pieces that every part of the page uses. Text is always text: nothing here takes HTML.

import * as api from "./api.js";
import { says, t } from "./words.js";

export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// the labels of a picture as it is shown; none of several is an answer, no label is a gap
export const named = (row) => api.labels(row).join(", ") || (api.project.several && api.known(row) ? t("none of the labels") : "—");
export const called = (text) => (api.project.several ? api.parted(text).join(", ") || t("none of the labels") : text);

// a check's `why` or `fix` in the page's language, or in English and marked as such
export function sentence(finding, what) {
  const [text, lang] = says(finding, what);
  return h("span", { lang }, text);
}

// what a root holds from now on; who came by keys finds the same button, or the one in its place, under the focus again
const REACHED = "a[href], button, input, select, textarea, summary, [tabindex]";
const spoken = (one) => one.id || one.getAttribute("aria-label") || one.textContent;
export function clear(root, ...children) {
  const at = document.activeElement, own = at !== root && root.contains(at) && at.matches(":focus-visible");
  const place = own ? [...root.querySelectorAll(REACHED)].indexOf(at) : -1;
  root.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (place < 0) return root;
  const now = [...root.querySelectorAll(REACHED)];
  (now.find((one) => one.tagName === at.tagName && spoken(one) === spoken(at)) ?? now[Math.min(place, now.length - 1)])?.focus({ preventScroll: true });
  return root;
}

export function toast(text, seconds = 5) {
  const made = h("div", { class: "toast" }, text);
  document.getElementById("toasts").append(made);
  setTimeout(() => made.remove(), seconds * 1000);
}

export function command(text) {
  const foot = document.getElementById("foot");
  clear(foot,
    h("span", { class: "soft small" }, t("The command that does the same")),
    h("code", { id: "command", title: text }, text),
    h("button", { type: "button", onclick: () => navigator.clipboard.writeText(text).then(() => toast(t("Copied.")), () => getSelection().selectAllChildren(document.getElementById("command"))) }, t("Copy")));
}

export function dialog(title, content, buttons = []) {
  const made = h("dialog", { "aria-label": title }, h("h2", {}, title), content,
    h("div", { class: "row" }, ...buttons, h("button", { type: "button", class: "push", onclick: () => made.close() }, t("Close"))));
  document.body.append(made);
  made.addEventListener("close", () => made.remove());
  made.showModal();
  return made;
}

// names that hold what was typed: that very name first, then those that begin with it
function matching(names, text) {
  const word = text.toLowerCase(), far = (name) => (name === text ? 0 : name.toLowerCase() === word ? 1 : name.toLowerCase().startsWith(word) ? 2 : 3);
  const found = names.filter((name) => name.toLowerCase().includes(word));
  return text ? found.sort((a, b) => far(a) - far(b)) : found;
}

// a class, chosen by typing; resolves to its name, or null. anew: what is typed is meant as a new one, if there is none
export function choose(title = t("Choose a class"), anew = false) {
  return new Promise((resolve) => {
    const list = h("div", { class: "classes", role: "listbox", "aria-label": title, id: "choices" });
    const field = h("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "choices",
      "aria-label": t("Search or a new class"), placeholder: t("Search or a new class"), maxlength: "200", autocomplete: "off" });
    let at = 0, found = [];
    const show = () => {
      const text = field.value.trim();
      found = matching(api.project.classes, text).slice(0, 200);
      if (text && !api.project.classes.includes(text)) found[anew && found[0]?.toLowerCase() !== text.toLowerCase() ? "unshift" : "push"](text);
      at = Math.min(at, Math.max(found.length - 1, 0));
      clear(list, found.map((name, place) => h("div", { role: "option", id: `choice-${place}`, class: "pick",
        "aria-selected": String(place === at), onclick: () => end(name) },
      api.project.classes.includes(name) ? name : t("New class: {name}", { name }))));
      if (found.length) field.setAttribute("aria-activedescendant", `choice-${at}`);
      list.children[at]?.scrollIntoView({ block: "nearest" });
    };
    const end = (name) => { resolve(name); made.close(); };  // before the next key is heard
    field.addEventListener("input", () => { at = 0; show(); });
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        at = Math.max(0, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
        show(); event.preventDefault();
      } else if (event.key === "Enter" && found.length) { event.preventDefault(); end(found[at]); }
    });
    show();
    const made = dialog(title, h("div", {}, h("div", { class: "field" }, field), list));
    made.addEventListener("close", () => resolve(null));
    field.focus();
  });
}

// several labels of pictures, each there or not; resolves to their names, [api.NONE] for none of them, or null
export function chooseSeveral(given = []) {
  return new Promise((resolve) => {
    const picked = new Set(given);
    const list = h("div", { class: "classes", role: "group", "aria-label": t("Choose labels") });
    const field = h("input", { type: "text", "aria-label": t("Search or a new label"), placeholder: t("Search or a new label"), maxlength: "200", autocomplete: "off" });
    let found = [];
    const show = () => {
      const text = field.value.trim();
      found = matching([...new Set([...picked, ...api.project.classes])], text).slice(0, 200);
      if (text && !found.includes(text) && !api.project.classes.includes(text)) found.push(text);
      clear(list, found.map((name) => h("label", {}, h("input", { type: "checkbox", checked: picked.has(name), onchange: () => flip(name) }), h("span", { class: "name" }, api.project.classes.includes(name) ? name : t("New class: {name}", { name })))));
    };
    const flip = (name) => { if (!picked.delete(name)) picked.add(name); };
    field.addEventListener("input", show);
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (field.value.trim() && found.length) { flip(found.find((name) => name.toLowerCase() === field.value.trim().toLowerCase()) ?? found[0]); field.value = ""; show(); } else save();
    });
    const save = () => { resolve(picked.size ? [...picked] : [api.NONE]); made.close(); };
    show();
    const made = dialog(t("Choose labels"), h("div", {}, h("div", { class: "field" }, field), list,
      h("p", { class: "soft small" }, t("Type and Enter switch a label on or off; Enter with nothing typed saves. Without any, the answer is: none of the labels."))),
    [h("button", { type: "button", class: "main", onclick: save }, t("Save"))]);
    made.addEventListener("close", () => resolve(null));
    field.focus();
  });
}

// what pictures are relabelled to: a class, or several labels where pictures have several; null for nothing
export async function relabelled(rows) {
  if (!rows.length) return null;
  if (api.project.several) return chooseSeveral(rows.length === 1 ? api.labels(rows[0]) : []);
  const name = await choose();
  return name ? [name] : null;
}

export const undo = () => api.undo() ?? void toast(t("Nothing was decided since this page was opened, so nothing is undone."));

// one line about the job of this kind that runs, waits or was the last, kept fresh in place; `then` runs once when it is done. called: its name,
// where several lines stand together
export function job(kind, then = () => {}, called = "") {
  const state = h("b", { role: "status" }), took = h("span"), bar = h("progress"), count = h("span"), said = h("span", { lang: "en", class: "name" });
  const stop = h("button", { type: "button", onclick: () => send("stop", {}) }, t("Stop"));
  const box = h("input", { type: "checkbox", onchange: () => send("stay", { stays: box.checked }) }), stays = h("label", { class: "row tight" }, box, t("Goes on when the studio is closed"));
  const line = h("div", { class: "row small job", hidden: true }, called ? h("span", {}, called) : null, state, took, bar, count, stop, stays, said);
  const send = (what, body) => api.post(`/api/jobs/${line.dataset.job}/${what}`, body).then(api.look, (error) => toast(error.message, 8));
  const put = (part, text) => { part.hidden = !text; if (part.textContent !== text) part.textContent = text ?? ""; };
  const ended = (jobs) => jobs.find((one) => one.kind === kind && one.state === "done");
  let done = ended(api.running)?.id ?? 0;
  const show = (jobs) => {
    const every = jobs.filter((one) => one.kind === kind), runs = (one) => one.state === "running";
    const own = every.find(runs) ?? every.findLast((one) => one.state === "waiting") ?? every[0];
    line.hidden = !own;
    if (!own) return;
    const { progress } = own, moving = own.state === "running" || own.state === "waiting", ending = moving && own.why === "stopped";
    line.dataset.job = own.id;
    put(state, t(ending ? "stopping" : own.state));
    put(took, own.seconds ? t("{n} s", { n: Math.round(own.seconds) }) : "");
    bar.hidden = !(moving && progress.total);
    if (!bar.hidden) { bar.max = progress.total; bar.value = progress.done; bar.setAttribute("aria-label", progress.what); }
    put(count, bar.hidden ? "" : t("{done} of {total}", progress));
    stop.hidden = !moving || ending;
    stays.hidden = !moving || ending || !own.lasts;
    box.checked = own.stays;
    said.className = own.state === "failed" ? "bad name" : "soft name";
    put(said, own.state === "failed" ? own.why : own.state === "waiting" ? jobs.find(runs)?.command : moving ? own.lines.at(-1) : "");
    const last = ended(jobs);
    if (last && last.id !== done) { done = last.id; then(last); }
  };
  show(api.running);
  const off = api.on("jobs", show);
  return { line, off };
}
