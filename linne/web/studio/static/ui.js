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
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
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

export const clear = (root, ...children) => { root.replaceChildren(...children.flat().filter(Boolean)); return root; };

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
    h("button", { type: "button", onclick: async () => { await navigator.clipboard.writeText(text); toast(t("Copied.")); } }, t("Copy")));
}

export function dialog(title, content, buttons = []) {
  const made = h("dialog", { "aria-label": title }, h("h2", {}, title), content,
    h("div", { class: "row" }, ...buttons, h("button", { type: "button", class: "push", onclick: () => made.close() }, t("Close"))));
  document.body.append(made);
  made.addEventListener("close", () => made.remove());
  made.showModal();
  return made;
}

// a class, chosen by typing; resolves to its name, or null
export function choose(title = t("Choose a class")) {
  return new Promise((resolve) => {
    const list = h("div", { class: "classes", role: "listbox", "aria-label": title, id: "choices" });
    const field = h("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "choices",
      "aria-label": t("Search or a new class"), placeholder: t("Search or a new class"), maxlength: "200", autocomplete: "off" });
    let at = 0, found = [];
    const show = () => {
      const text = field.value.trim();
      found = api.project.classes.filter((name) => name.toLowerCase().includes(text.toLowerCase())).slice(0, 200);
      if (text && !api.project.classes.includes(text)) found.push(text);
      at = Math.min(at, Math.max(found.length - 1, 0));
      clear(list, found.map((name, place) => h("div", { role: "option", id: `choice-${place}`, class: "pick",
        "aria-selected": String(place === at), onclick: () => end(name) },
      api.project.classes.includes(name) ? name : t("New class: {name}", { name }))));
      if (found.length) field.setAttribute("aria-activedescendant", `choice-${at}`);
      list.children[at]?.scrollIntoView({ block: "nearest" });
    };
    let chosen = null;
    const end = (name) => { chosen = name; made.close(); };
    field.addEventListener("input", () => { at = 0; show(); });
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        at = Math.max(0, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
        show(); event.preventDefault();
      } else if (event.key === "Enter" && found.length) { event.preventDefault(); end(found[at]); }
    });
    show();
    const made = dialog(title, h("div", {}, h("div", { class: "field" }, field), list));
    made.addEventListener("close", () => resolve(chosen));
    field.focus();
  });
}

// several labels of pictures, each there or not; resolves to their names, [api.NONE] for none of them, or null
export function chooseSeveral(given = []) {
  return new Promise((resolve) => {
    const picked = new Set(given);
    const list = h("div", { class: "classes", role: "group", "aria-label": t("Choose labels") });
    const field = h("input", { type: "text", "aria-label": t("Search or a new label"), placeholder: t("Search or a new label"), maxlength: "200", autocomplete: "off" });
    let found = [], chosen = null;
    const show = () => {
      const text = field.value.trim();
      found = [...new Set([...picked, ...api.project.classes])].filter((name) => name.toLowerCase().includes(text.toLowerCase())).slice(0, 200);
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
    const save = () => { chosen = picked.size ? [...picked] : [api.NONE]; made.close(); };
    show();
    const made = dialog(t("Choose labels"), h("div", {}, h("div", { class: "field" }, field), list,
      h("p", { class: "soft small" }, t("Type and Enter switch a label on or off; Enter with nothing typed saves. Without any, the answer is: none of the labels."))),
    [h("button", { type: "button", class: "main", onclick: save }, t("Save"))]);
    made.addEventListener("close", () => resolve(chosen));
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

// one line about a job of this kind, kept fresh; `then` runs once when it is done
export function job(kind, then = () => {}) {
  const line = h("div", { class: "row small", role: "status" });
  let was = api.running.find((one) => one.kind === kind)?.state;
  const show = (jobs) => {
    const own = jobs.find((one) => one.kind === kind);
    if (!own) return clear(line);
    const { progress } = own;
    const moving = own.state === "running" || own.state === "waiting";
    clear(line, h("b", {}, t(own.state)), own.seconds ? h("span", {}, t("{n} s", { n: Math.round(own.seconds) })) : null,
      moving && progress.total ? h("progress", { max: progress.total, value: progress.done, "aria-label": progress.what }) : null,
      moving && progress.total ? h("span", {}, t("{done} of {total}", progress)) : null,
      moving ? h("button", { type: "button", onclick: () => api.post(`/api/jobs/${own.id}/stop`).then(api.look) }, t("Stop")) : null,
      moving && own.lasts ? h("label", { class: "row tight" }, h("input", { type: "checkbox", checked: own.stays, onchange: (event) => api.post(`/api/jobs/${own.id}/stay`, { stays: event.target.checked }).then(api.look) }), t("Goes on when the studio is closed")) : null,
      own.why ? h("span", { class: "bad name" }, own.why) : moving ? h("span", { class: "soft name" }, own.lines.at(-1) ?? "") : null);
    if (own.state === "done" && was !== "done") then(own);
    was = own.state;
  };
  show(api.running);
  const off = api.on("jobs", show);
  return { line, off };
}
