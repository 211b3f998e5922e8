// Thumbnails for a grid: in batches, the newest wish first; what was scrolled past is given up.

import * as api from "./api.js";

const BATCH = 24;
const AT_ONCE = 3;
const KEPT = 2400;

export class Thumbs {
  constructor(shown) {
    this.shown = shown;       // called with a row when its picture (or its lack) is there
    this.urls = new Map();    // row -> blob URL, or "" where there is no picture; in order of use
    this.names = new Map();
    this.wanted = [];
    this.under = new Map();   // batch -> { rows, stop }
  }

  get(row) {
    const url = this.urls.get(row);
    if (url !== undefined) { this.urls.delete(row); this.urls.set(row, url); }
    return url;
  }

  want(rows) {
    this.wanted = rows;
    const near = new Set(rows);
    for (const batch of this.under.values()) if (!batch.rows.some((row) => near.has(row))) batch.stop.abort();
    this.more();
  }

  more() {
    const coming = new Set([...this.under.values()].flatMap((batch) => batch.rows));
    while (this.under.size < AT_ONCE) {
      const rows = this.wanted.filter((row) => !this.urls.has(row) && !coming.has(row)).slice(0, BATCH);
      if (!rows.length) return;
      rows.forEach((row) => coming.add(row));
      this.fetch(rows);
    }
  }

  async fetch(rows) {
    const batch = { rows, stop: new AbortController() };
    this.under.set(batch, batch);
    try {
      const list = rows.join(",");
      const [data, names] = await Promise.all([
        api.bytes(`/api/thumbs?rows=${list}`, { signal: batch.stop.signal }),
        api.get(`/api/names?rows=${list}`, { signal: batch.stop.signal }),
      ]);
      const sizes = new Uint32Array(data.slice(0, 4 * rows.length));
      let at = 4 * rows.length;
      rows.forEach((row, place) => {
        const part = data.slice(at, at + sizes[place]);
        at += sizes[place];
        this.names.set(row, names[place]);
        this.urls.set(row, part.byteLength ? URL.createObjectURL(new Blob([part], { type: "image/jpeg" })) : "");
        this.shown(row);
      });
      this.trim();
    } catch (error) {
      if (error.name !== "AbortError") { await new Promise((resolve) => setTimeout(resolve, 1000)); }
    }
    this.under.delete(batch);
    this.more();
  }

  trim() {
    const near = new Set(this.wanted);
    for (const [row, url] of this.urls) {
      if (this.urls.size <= KEPT) return;
      if (near.has(row)) continue;
      this.urls.delete(row);
      this.names.delete(row);
      if (url) URL.revokeObjectURL(url);
    }
  }

  close() {
    this.wanted = [];
    for (const batch of this.under.values()) batch.stop.abort();
    for (const url of this.urls.values()) if (url) URL.revokeObjectURL(url);
    this.urls.clear();
  }
}
