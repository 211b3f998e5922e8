// The map: a point a picture, near means alike; a lasso, or a box moved by the arrow keys, chooses. Points are drawn
// once into pixels, so that a lasso over 100,000 of them follows the hand.

import { clear, h, job, named, toast } from "./ui.js";
import { add } from "./words.js";

add({
  "A map puts pictures that show alike things near one another. It looks at every picture once.":
    "地图把内容相似的图片放在一起。它会把每张图片看一遍。",
  "Make the map": "生成地图", "The map of all pictures": "全部图片的地图",
  "Draw around points to see their pictures; the wheel zooms, Shift and drag moves.": "圈住点即可查看图片；滚轮缩放，按住 Shift 拖动可平移。",
  "Keys: arrows move the box, Shift with arrows sizes it, Enter shows its pictures, + and - zoom, 0 shows all.":
    "快捷键：方向键移动方框，Shift+方向键调整大小，Enter 显示其中图片，+ 和 - 缩放，0 显示全部。",
  "Near means alike; distances and sizes of clusters mean nothing.": "靠近表示相似；距离和簇的大小没有意义。",
  "{n} points": "{n} 个点", "Colours by": "着色依据", "class": "类别", "answer of the run": "模型的回答", "decision": "决定",
  "Larger": "放大", "Smaller": "缩小", "All": "全部", "no answer": "没有回答", "{n} more": "另有 {n} 个",
});
const SHADES = 12, CELL = 8, HIT = 10, MOST = 60;
const GREY = [138, 148, 155];

function hue(k, dark) {  // HSL to RGB: a golden angle apart, light or dark enough for the ground
  const [a, s, l] = [((k * 360 * 0.618) % 360) / 30, dark ? 0.7 : 0.65, dark ? 0.66 : 0.38];
  const part = (n) => { const m = (n + a) % 12; return Math.round(255 * (l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(m - 3, 9 - m, 1)))); };
  return [part(0), part(8), part(4)];
}
const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;

export function chart(api, t, chosen) {
  const points = h("canvas", { "aria-hidden": "true" });
  const canvas = h("canvas", { tabindex: "0", role: "img", "aria-label": t("The map of all pictures") });
  const near = h("div", { class: "near-point card", hidden: true, "aria-hidden": "true" }, h("img", { alt: "", width: 120 }), h("div", { class: "small name" }));
  const stack = h("div", { class: "stack" }, points, canvas, near), legend = h("div", { class: "row small legend" });
  const by = h("select", { "aria-label": t("Colours by"), onchange: () => paint() }, [["class", "class"], ...(api.project.run ? [["answer", "answer of the run"]] : []), ["state", "decision"]].map(([v, text]) => h("option", { value: v }, t(text))));
  const button = (text, label, then) => h("button", { type: "button", "aria-label": label, title: label, onclick: then }, text);
  const root = h("div", { class: "map" });
  let places = null, rows = [], side = 0, view = { x: 0, y: 0, zoom: 1 }, lasso = [], box = null, drag = null;
  let xs = new Float32Array(0), ys = new Float32Array(0), starts = new Uint32Array(0), order = new Uint32Array(0), across = 0;
  const made = job("map", load);

  async function load() {
    let data;
    try { data = await api.bytes("/api/map"); } catch (error) { return void clear(root, h("p", { class: "bad", role: "alert" }, error.message)); }
    places = data.byteLength ? new Float32Array(data) : null;
    lay();
  }

  function lay() {
    if (!places) {
      return clear(root, h("div", { class: "card" },
        h("p", {}, t("A map puts pictures that show alike things near one another. It looks at every picture once.")),
        h("button", { type: "button", class: "main", onclick: () => api.post("/api/map").then(api.look, (error) => toast(error.message, 8)) }, t("Make the map")), made.line));
    }
    clear(root, h("p", { class: "soft small" }, t("Draw around points to see their pictures; the wheel zooms, Shift and drag moves."), " ", t("Keys: arrows move the box, Shift with arrows sizes it, Enter shows its pictures, + and - zoom, 0 shows all.")),
      h("div", { class: "row small" }, h("label", { class: "row" }, t("Colours by"), by), button("+", t("Larger"), () => scale(1.5)), button("−", t("Smaller"), () => scale(1 / 1.5)), button(t("All"), t("All"), whole)),
      stack, legend, h("p", { class: "soft small" }, t("Near means alike; distances and sizes of clusters mean nothing.")));
    sized();
  }

  // what a point is coloured by: [number of the group, its name]
  const told = {
    class: [(row) => (api.project.several ? api.firstLabel(row) : api.columns.label[row]), (k) => (k < 0 ? "—" : api.project.classes[k]), (k, dark) => (k < 0 ? GREY : hue(k, dark))],
    answer: [(row) => { const is = api.right(row); return is === null ? -1 : Number(is); }, (k) => t(["no answer", "wrong", "right"][k + 1]), (k, dark) => (k < 0 ? GREY : k ? (dark ? [99, 201, 164] : [26, 107, 79]) : (dark ? [255, 154, 145] : [179, 38, 30]))],
    state: [(row) => api.columns.state[row] - 1, (k) => t(api.project.states[k + 1] || "undecided"), (k, dark) => (k < 0 ? GREY : hue(k, dark))],
  };

  function sized() {
    if (!places || !canvas.isConnected) return;
    const wide = Math.max(240, Math.min(root.clientWidth - 30, root.clientHeight - 150));
    if (wide === side && canvas.width) return paint();
    side = wide;
    const ratio = devicePixelRatio || 1;
    for (const one of [points, canvas]) { one.width = one.height = Math.round(side * ratio); one.style.width = one.style.height = `${side}px`; }
    stack.style.width = stack.style.height = `${side}px`;
    paint();
  }

  function paint() {
    if (!places || !side || !canvas.isConnected) return;
    const [group, name, shade] = told[by.value];
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark" || (matchMedia("(prefers-color-scheme: dark)").matches && document.documentElement.dataset.theme !== "light");
    const wide = points.width, ratio = wide / side, data = new ImageData(wide, wide), cells = new Uint32Array(data.data.buffer);
    const dot = Math.max(1, Math.round(ratio * Math.min(5, Math.sqrt(view.zoom)) * (rows.length > 20000 ? 1.5 : rows.length > 2000 ? 2.5 : rows.length > 300 ? 4 : 6)));
    xs = new Float32Array(rows.length); ys = new Float32Array(rows.length);
    const counts = new Map(), inks = new Map();
    let shown = 0;
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k], x = ((places[2 * row] + 1.04) / 2.08 * side - view.x) * view.zoom, y = ((places[2 * row + 1] + 1.04) / 2.08 * side - view.y) * view.zoom;
      xs[k] = x; ys[k] = y;
      if (!(x === x)) continue;
      shown++;
      const own = group(row);
      counts.set(own, (counts.get(own) ?? 0) + 1);
      let ink = inks.get(own);
      if (ink === undefined) { const [r, g, b] = shade(own, dark); ink = (255 << 24 | b << 16 | g << 8 | r) >>> 0; inks.set(own, ink); }
      const left = Math.round(x * ratio - dot / 2), top = Math.round(y * ratio - dot / 2);
      for (let b = Math.max(0, top); b < Math.min(wide, top + dot); b++) for (let a = Math.max(0, left); a < Math.min(wide, left + dot); a++) cells[b * wide + a] = ink;
    }
    points.getContext("2d").putImageData(data, 0, 0);
    sorted();
    marks();
    const listed = [...counts].sort((a, b) => b[1] - a[1]);
    clear(legend, h("span", {}, t("{n} points", { n: shown })), listed.slice(0, SHADES).map(([k, n]) => {
      const mark = h("span", { "aria-hidden": "true" }, "■");
      mark.style.color = css(shade(k, dark));
      return h("span", { class: "name" }, mark, " ", name(k), ` ${n.toLocaleString("en")}`);
    }), listed.length > SHADES ? h("span", { class: "soft" }, t("{n} more", { n: listed.length - SHADES })) : null);
  }

  function sorted() {  // points by square of CELL pixels, so that the nearest to the pointer is found at once
    across = Math.ceil(side / CELL);
    starts = new Uint32Array(across * across + 1);
    const at = new Int32Array(xs.length);
    for (let k = 0; k < xs.length; k++) {
      const inside = xs[k] >= 0 && xs[k] < side && ys[k] >= 0 && ys[k] < side;
      at[k] = inside ? Math.floor(ys[k] / CELL) * across + Math.floor(xs[k] / CELL) : -1;
      if (inside) starts[at[k] + 1]++;
    }
    for (let k = 0; k < across * across; k++) starts[k + 1] += starts[k];
    const next = starts.slice();
    order = new Uint32Array(starts[across * across]);
    for (let k = 0; k < xs.length; k++) if (at[k] >= 0) order[next[at[k]]++] = k;
  }

  function under(x, y) {
    let best = -1, least = HIT * HIT;
    const [cx, cy] = [Math.floor(x / CELL), Math.floor(y / CELL)];
    for (let b = Math.max(0, cy - 1); b <= Math.min(across - 1, cy + 1); b++) for (let a = Math.max(0, cx - 1); a <= Math.min(across - 1, cx + 1); a++)
      for (let k = starts[b * across + a]; k < starts[b * across + a + 1]; k++) {
        const own = order[k], away = (xs[own] - x) ** 2 + (ys[own] - y) ** 2;
        if (away < least) { least = away; best = own; }
      }
    return best;
  }

  function marks() {
    const pen = canvas.getContext("2d"), ratio = canvas.width / side;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, side, side);
    pen.strokeStyle = getComputedStyle(root).color;
    pen.lineWidth = 1.5;
    if (lasso.length > 1) { pen.beginPath(); lasso.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y))); pen.closePath(); pen.stroke(); }
    if (box) pen.strokeRect(box.x * side, box.y * side, box.w * side, box.h * side);
  }

  // the lasso is filled once, and each point reads its pixel: as quick for 100,000 points as for 100
  function inside() {
    const size = Math.ceil(side), mask = new OffscreenCanvas(size, size), pen = mask.getContext("2d", { willReadFrequently: true });
    pen.beginPath();
    lasso.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fill("evenodd");
    const data = pen.getImageData(0, 0, size, size).data, found = [];
    for (let k = 0; k < xs.length; k++) if (xs[k] >= 0 && xs[k] < side && ys[k] >= 0 && ys[k] < side && data[4 * (Math.floor(ys[k]) * size + Math.floor(xs[k])) + 3] > 127) found.push(rows[k]);
    return found;
  }

  function scale(by_, x = side / 2, y = side / 2) {
    const zoom = Math.max(1, Math.min(MOST, view.zoom * by_));
    view = { zoom, x: view.x + x / view.zoom - x / zoom, y: view.y + y / view.zoom - y / zoom };
    kept();
    later();
  }
  function whole() { view = { x: 0, y: 0, zoom: 1 }; later(); }
  function kept() { for (const key of ["x", "y"]) view[key] = Math.max(0, Math.min(side - side / view.zoom, view[key])); }
  let frame = 0, whatever = marks;
  function later(what = paint) { if (what === paint) whatever = paint; if (!frame) frame = requestAnimationFrame(() => { frame = 0; const now = whatever; whatever = marks; now(); }); }

  canvas.addEventListener("wheel", (event) => { event.preventDefault(); scale(event.deltaY < 0 ? 1.25 : 0.8, event.offsetX, event.offsetY); }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 1) return;
    near.hidden = true;
    canvas.setPointerCapture(event.pointerId);
    if (event.shiftKey || event.button === 1) { drag = [event.offsetX, event.offsetY]; return; }
    lasso = [[event.offsetX, event.offsetY]]; box = null;
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = [event.offsetX, event.offsetY];
    if (drag) { view.x -= (x - drag[0]) / view.zoom; view.y -= (y - drag[1]) / view.zoom; drag = [x, y]; kept(); return later(); }
    if (lasso.length) { lasso.push([x, y]); return later(marks); }
    const own = under(x, y);
    near.hidden = own < 0;
    if (own < 0) return;
    const src = api.thumb(rows[own]), image = near.querySelector("img");
    if (image.getAttribute("src") !== src) { image.src = src; near.lastChild.textContent = named(rows[own]); }
    near.style.left = `${x > side / 2 ? x - 160 : x + 16}px`;
    near.style.top = `${Math.min(y + 8, side - 150)}px`;
  });
  canvas.addEventListener("pointerleave", () => { near.hidden = true; });
  canvas.addEventListener("pointerup", () => {
    if (drag) { drag = null; return; }
    const found = lasso.length > 2 ? inside() : [];
    lasso = [];
    if (found.length) chosen(found); else marks();
  });
  canvas.addEventListener("pointercancel", () => { drag = null; lasso = []; marks(); });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step && !["Enter", "+", "=", "-", "0"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    box ??= { x: 0.4, y: 0.4, w: 0.2, h: 0.2 };
    const middle = [(box.x + box.w / 2) * side, (box.y + box.h / 2) * side];
    if (event.key === "+" || event.key === "=") return scale(1.5, ...middle);
    if (event.key === "-") return scale(1 / 1.5, ...middle);
    if (event.key === "0") return whole();
    if (event.key === "Enter") {
      const found = rows.filter((_, k) => xs[k] >= box.x * side && xs[k] <= (box.x + box.w) * side && ys[k] >= box.y * side && ys[k] <= (box.y + box.h) * side);
      if (found.length) chosen(found);
      return;
    }
    const clip = (v) => Math.max(0, Math.min(1, v));
    if (event.shiftKey) { box.w = clip(box.w + step[0] * 0.02); box.h = clip(box.h + step[1] * 0.02); }
    else { box.x = clip(box.x + step[0] * 0.02); box.y = clip(box.y + step[1] * 0.02); }
    later(marks);
  });
  const sizes = new ResizeObserver(sized);
  sizes.observe(root);
  const offs = [made.off, ...["changes", "dressed"].map((what) => api.on(what, () => later()))];
  load();
  return { root, focus() { canvas.focus(); }, show(to) { rows = to; paint(); }, close() { sizes.disconnect(); offs.forEach((off) => off()); } };
}
