// A grid of any number of pictures: only what is near the view exists. A listbox to a screen reader and to the keyboard.

import * as api from "./api.js";
import { h } from "./ui.js";
import { t } from "./words.js";
import { Thumbs } from "./thumbs.js";

const CELL = 136;
const HIGH = 148;
const AHEAD = 1.5;  // views ahead, in the direction of scrolling

export class Grid {
  // caption(row): [text, mark]; opened(row); changed(rows): the selection
  constructor({ caption, opened = () => {}, changed = () => {}, label = t("Pictures") }) {
    this.caption = caption; this.opened = opened; this.changed = changed;
    this.rows = [];
    this.selected = new Set();
    this.at = 0; this.anchor = 0; this.top = 0; this.down = 1;
    this.cells = new Map();
    this.free = [];
    this.space = h("div", { class: "space", role: "presentation" });
    this.root = h("div", { class: "grid", role: "listbox", tabindex: "0", "aria-multiselectable": "true", "aria-label": label }, this.space);
    this.thumbs = new Thumbs((row) => { const place = this.where?.get(row); if (place !== undefined && this.cells.has(place)) this.fill(this.cells.get(place), place); });
    this.root.addEventListener("scroll", () => this.moved(), { passive: true });
    this.root.addEventListener("keydown", (event) => this.typed(event));
    this.root.addEventListener("click", (event) => this.clicked(event));
    this.root.addEventListener("dblclick", () => this.opened(this.rows[this.at]));
    this.sizes = new ResizeObserver(() => this.layout());
    this.sizes.observe(this.root);
    this.off = api.on("changes", (rows) => rows.forEach(({ row }) => this.refresh(row)));
  }

  close() { this.sizes.disconnect(); this.off(); this.thumbs.close(); }

  get active() { return this.rows[this.at]; }
  chosen() { return this.selected.size ? [...this.selected] : this.rows.length ? [this.active] : []; }

  show(rows, keep = false) {
    const was = this.active;
    this.rows = rows;
    this.where = null;
    if (!keep) { this.selected.clear(); this.root.scrollTop = 0; this.at = 0; }
    else if (this.selected.size) {  // what is not shown any more is not decided on
      const there = new Set(rows);
      for (const row of this.selected) if (!there.has(row)) this.selected.delete(row);
    }
    if (keep) this.at = Math.max(0, Math.min(rows.length - 1, rows.indexOf(was) >= 0 ? rows.indexOf(was) : this.at));
    this.anchor = this.at;
    for (const place of [...this.cells.keys()]) this.drop(place);
    this.layout();
    this.changed(this.chosen());
  }

  layout() {
    this.across = Math.max(1, Math.floor(this.root.clientWidth / CELL));
    this.wide = Math.floor(this.root.clientWidth / this.across);
    this.space.style.height = `${Math.ceil(this.rows.length / this.across) * HIGH}px`;
    for (const [place, cell] of this.cells) this.put(cell, place);
    this.moved();
  }

  moved() {
    const top = this.root.scrollTop;
    if (top !== this.top) this.down = top > this.top ? 1 : -1;
    this.top = top;
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  draw() {
    const high = this.root.clientHeight || 1;
    const first = Math.max(0, Math.floor(this.top / HIGH) - 1) * this.across;
    const last = Math.min(this.rows.length, (Math.ceil((this.top + high) / HIGH) + 1) * this.across);
    for (const place of [...this.cells.keys()]) if (place < first || place >= last) this.drop(place);
    this.where = new Map();
    for (let place = first; place < last; place++) {
      this.where.set(this.rows[place], place);
      if (!this.cells.has(place)) this.make(place);
    }
    const more = Math.ceil((AHEAD * high) / HIGH) * this.across;
    const wanted = this.rows.slice(first, last);
    const next = this.down > 0 ? this.rows.slice(last, last + more) : [...this.rows.slice(Math.max(0, first - more), first)].reverse();
    this.thumbs.want([...wanted, ...next]);
    this.point();
  }

  make(place) {
    const cell = this.free.pop() ?? h("div", { class: "cell", role: "option" },
      h("img", { alt: "", draggable: false }), h("div", { class: "none" }), h("div", { class: "cap" }, h("span"), h("span", { class: "mark" })));
    this.cells.set(place, cell);
    this.put(cell, place);
    this.fill(cell, place);
    this.space.append(cell);
  }

  put(cell, place) {
    cell.style.width = `${this.wide}px`;
    cell.style.height = `${HIGH}px`;
    cell.style.transform = `translate(${(place % this.across) * this.wide}px, ${Math.floor(place / this.across) * HIGH}px)`;
  }

  fill(cell, place) {
    const row = this.rows[place];
    const [image, none, cap] = cell.children;
    const url = this.thumbs.get(row);
    const name = this.thumbs.names.get(row) ?? t("picture {n}", { n: row });
    const [text, mark] = this.caption(row);
    if (url) { if (image.getAttribute("src") !== url) image.src = url; } else image.removeAttribute("src");
    image.hidden = !url;
    none.hidden = Boolean(url);
    none.textContent = url === "" ? t("no picture") : "";
    cap.children[0].textContent = text;
    cap.children[1].textContent = mark;
    cell.id = `cell-${place}`;
    cell.dataset.row = row;
    cell.classList.toggle("out", api.left(row));
    cell.setAttribute("aria-label", [name, text, mark].filter(Boolean).join(", "));
    cell.setAttribute("aria-selected", String(this.selected.has(row)));
    cell.setAttribute("aria-posinset", place + 1);
    cell.setAttribute("aria-setsize", this.rows.length);
    cell.title = name;
  }

  drop(place) {
    const cell = this.cells.get(place);
    this.cells.delete(place);
    cell.children[0].removeAttribute("src");
    cell.classList.remove("active");
    cell.remove();
    this.free.push(cell);
  }

  refresh(row) {
    for (const [place, cell] of this.cells) if (this.rows[place] === row) this.fill(cell, place);
  }

  point() {
    for (const [place, cell] of this.cells) cell.classList.toggle("active", place === this.at);
    if (this.cells.has(this.at)) this.root.setAttribute("aria-activedescendant", `cell-${this.at}`);
    else this.root.removeAttribute("aria-activedescendant");
  }

  go(place, extend = false) {
    if (!this.rows.length) return;
    this.at = Math.max(0, Math.min(this.rows.length - 1, place));
    if (extend) {
      this.selected.clear();
      const [a, b] = [Math.min(this.at, this.anchor), Math.max(this.at, this.anchor)];
      for (let k = a; k <= b; k++) this.selected.add(this.rows[k]);
    } else this.anchor = this.at;
    const top = Math.floor(this.at / this.across) * HIGH;
    const high = this.root.clientHeight;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (top + HIGH > this.root.scrollTop + high) this.root.scrollTop = top + HIGH - high;
    this.marks();
  }

  marks() {
    for (const [place, cell] of this.cells) cell.setAttribute("aria-selected", String(this.selected.has(this.rows[place])));
    this.point();
    this.changed(this.chosen());
  }

  toggle(row) { if (!this.selected.delete(row)) this.selected.add(row); this.marks(); }
  all() { for (const row of this.rows) this.selected.add(row); this.marks(); }
  none() { this.selected.clear(); this.marks(); }

  clicked(event) {
    const cell = event.target.closest(".cell");
    if (!cell) return;
    const row = Number(cell.dataset.row);
    const place = this.where.get(row);
    if (event.shiftKey) this.go(place, true);
    else {
      this.go(place);
      if (event.ctrlKey || event.metaKey) this.toggle(row);
      else { this.selected.clear(); this.marks(); }
    }
  }

  typed(event) {
    const page = this.across * Math.max(1, Math.floor(this.root.clientHeight / HIGH) - 1);
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.across, ArrowUp: -this.across, PageDown: page, PageUp: -page };
    if (event.key in steps) this.go(this.at + steps[event.key], event.shiftKey);
    else if (event.key === "Home") this.go(0, event.shiftKey);
    else if (event.key === "End") this.go(this.rows.length - 1, event.shiftKey);
    else if (event.key === " ") this.toggle(this.active);
    else if (event.key === "Enter") this.opened(this.active);
    else if (event.key === "Escape" && this.selected.size) this.none();
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) this.all();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
