// Browse: every picture, filtered.

import { clear, h } from "../ui.js";
import { Grid } from "../grid.js";

export const title = "Browse", order = 10, key = "B";
export const zh = { "Browse": "浏览", "{n} shown": "显示 {n} 张" };

export function mount(root, api, t) {
  const grid = new Grid({ caption: (row) => [api.labels(row).join(", "), ""] });
  const bar = h("div", { class: "bar" });
  clear(root, h("div", { class: "side" }, h("aside"), h("div", { class: "middle" }, bar, grid.root)));
  const show = () => { const rows = Array.from({ length: api.loaded }, (_, row) => row); grid.show(rows, true); bar.textContent = t("{n} shown", { n: rows.length }); };
  show();
  const off = api.on("loaded", show);
  return { unmount() { off(); grid.close(); }, keys: {} };
}
