// The map: a point a picture, near means alike; a lasso, or a box moved by the arrow keys, chooses.

import { clear, h, job } from "./ui.js";
import { add } from "./words.js";

add({
  "A map puts pictures that show alike things near one another. It looks at every picture once.":
    "地图把内容相似的图片放在一起。它会把每张图片看一遍。",
  "Make the map": "生成地图", "The map of all pictures": "全部图片的地图",
  "Draw around points to see their pictures. With the keyboard: arrows move the box, Shift with arrows sizes it, Enter shows its pictures.":
    "圈住点即可查看图片。键盘：方向键移动方框，Shift+方向键调整大小，Enter 显示其中图片。",
  "Near means alike; distances and sizes of clusters mean nothing.": "靠近表示相似；距离和簇的大小没有意义。",
  "{n} points": "{n} 个点",
});
const SHADES = 12;
const shade = (k, dark) => (k < 0 ? "#8a949b" : `hsl(${(k * 360 * 0.618) % 360} ${dark ? 70 : 65}% ${dark ? 66 : 38}%)`);

export function chart(api, t, chosen) {
  const canvas = h("canvas", { tabindex: "0", role: "img", "aria-label": t("The map of all pictures") });
  const said = h("p", { class: "soft small" }), legend = h("div", { class: "row small" });
  const root = h("div", {});
  root.style.cssText = "height:100%;overflow:auto;padding:.6rem .8rem";
  let places = null, rows = [], drawn = [], lasso = [], box = null;
  const made = job("map", load);

  async function load() {
    const data = await api.bytes("/api/map");
    places = data.byteLength ? new Float32Array(data) : null;
    lay();
  }

  function lay() {
    if (!places) {
      return clear(root, h("div", { class: "card" },
        h("p", {}, t("A map puts pictures that show alike things near one another. It looks at every picture once.")),
        h("button", { type: "button", class: "main", onclick: () => api.post("/api/map").then(api.look) }, t("Make the map")), made.line));
    }
    clear(root, said, canvas, legend, h("p", { class: "soft small" }, t("Near means alike; distances and sizes of clusters mean nothing.")));
    said.textContent = t("Draw around points to see their pictures. With the keyboard: arrows move the box, Shift with arrows sizes it, Enter shows its pictures.");
    draw();
  }

  function draw() {
    if (!places || !canvas.isConnected) return;
    const side = Math.max(240, Math.min(root.clientWidth - 30, root.clientHeight - 110)), scale = devicePixelRatio || 1;
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark" || (matchMedia("(prefers-color-scheme: dark)").matches && document.documentElement.dataset.theme !== "light");
    canvas.width = canvas.height = side * scale;
    canvas.style.width = canvas.style.height = `${side}px`;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const counts = new Map();
    for (const row of rows) counts.set(api.columns.label[row], (counts.get(api.columns.label[row]) ?? 0) + 1);
    const size = rows.length > 20000 ? 1.5 : rows.length > 2000 ? 2.5 : 4;
    drawn = [];
    for (const row of rows) {
      const x = (places[2 * row] + 1.04) / 2.08 * side, y = (places[2 * row + 1] + 1.04) / 2.08 * side;
      if (Number.isNaN(x)) continue;
      drawn.push([row, x, y]);
      pen.fillStyle = shade(api.columns.label[row], dark);
      pen.fillRect(x - size / 2, y - size / 2, size, size);
    }
    pen.strokeStyle = dark ? "#fff" : "#000";
    if (lasso.length > 1) { pen.beginPath(); lasso.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y))); pen.closePath(); pen.stroke(); }
    if (box) pen.strokeRect(box.x * side, box.y * side, box.w * side, box.h * side);
    clear(legend, h("span", {}, t("{n} points", { n: drawn.length })), [...counts].sort((a, b) => b[1] - a[1]).slice(0, SHADES).map(([k, n]) => {
      const dot = h("span", { "aria-hidden": "true" }, "■");
      dot.style.color = shade(k, dark);
      return h("span", { class: "name" }, dot, " ", k < 0 ? "—" : api.project.classes[k], ` ${n.toLocaleString("en")}`);
    }));
  }

  const inside = (x, y) => {
    let is = false;
    for (let i = 0, j = lasso.length - 1; i < lasso.length; j = i++) {
      const [xi, yi] = lasso[i], [xj, yj] = lasso[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) is = !is;
    }
    return is;
  };
  canvas.addEventListener("pointerdown", (event) => { lasso = [[event.offsetX, event.offsetY]]; box = null; canvas.setPointerCapture(event.pointerId); });
  let frame = 0;
  canvas.addEventListener("pointermove", (event) => {
    if (!lasso.length) return;
    lasso.push([event.offsetX, event.offsetY]);
    if (!frame) frame = requestAnimationFrame(() => { frame = 0; draw(); });
  });
  canvas.addEventListener("pointerup", () => {
    const found = lasso.length > 2 ? drawn.filter(([, x, y]) => inside(x, y)).map(([row]) => row) : [];
    lasso = [];
    if (found.length) chosen(found); else draw();
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    box ??= { x: 0.4, y: 0.4, w: 0.2, h: 0.2 };
    if (event.key === "Enter") {
      const side = parseFloat(canvas.style.width);
      const found = drawn.filter(([, x, y]) => x >= box.x * side && x <= (box.x + box.w) * side && y >= box.y * side && y <= (box.y + box.h) * side).map(([row]) => row);
      if (found.length) chosen(found);
      return;
    }
    const clip = (v) => Math.max(0, Math.min(1, v));
    if (event.shiftKey) { box.w = clip(box.w + step[0] * 0.02); box.h = clip(box.h + step[1] * 0.02); }
    else { box.x = clip(box.x + step[0] * 0.02); box.y = clip(box.y + step[1] * 0.02); }
    draw();
  });
  const sizes = new ResizeObserver(draw);
  sizes.observe(root);
  load();
  return { root, show(to) { rows = to; draw(); }, close() { sizes.disconnect(); made.off(); } };
}
