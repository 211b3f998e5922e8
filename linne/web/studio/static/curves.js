// Lines over a common axis, as SVG; what they show stands beside them as text.

const NS = "http://www.w3.org/2000/svg";
const INKS = ["var(--accent)", "var(--warn)", "var(--good)", "var(--bad)"];
const WIDTH = 640, HEIGHT = 220, LEFT = 60, BOTTOM = 26, TOP = 24;

function s(tag, props = {}, ...children) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const nice = (value) => (value && Math.abs(value) < 0.001 ? value.toExponential(1) : Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 1 ? value.toFixed(1) : value.toPrecision(2));

// lines: [{ name, points: [[x, y], ...] }]; said: what a screen reader says of the whole
export function curves(lines, { x, y, said }) {
  const every = lines.flatMap((line) => line.points).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  const made = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: "100%", role: "img", "aria-label": said, "font-size": "12", fill: "currentColor" });
  if (!every.length) return made;
  const ends = (k) => [Math.min(...every.map((point) => point[k])), Math.max(...every.map((point) => point[k]))];
  const [[x0, x1], [y0, y1]] = [ends(0), ends(1)];
  const px = (value) => LEFT + (WIDTH - LEFT - 10) * (x1 > x0 ? (value - x0) / (x1 - x0) : 0.5);
  const py = (value) => HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (y1 > y0 ? (value - y0) / (y1 - y0) : 0.5);
  made.append(s("path", { d: `M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - 10}`, fill: "none", stroke: "var(--edge)" }));
  for (const value of y1 > y0 ? [y0, y1] : [y0]) made.append(s("text", { x: LEFT - 5, y: py(value) + 4, "text-anchor": "end" }, nice(value)));
  for (const value of x1 > x0 ? [x0, x1] : [x0]) made.append(s("text", { x: px(value), y: HEIGHT - 9, "text-anchor": value === x1 && x1 > x0 ? "end" : "start" }, nice(value)));
  made.append(s("text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 9, "text-anchor": "middle" }, x), s("text", { x: LEFT, y: TOP - 9, "text-anchor": "middle" }, y));
  lines.forEach((line, k) => {
    const path = line.points.filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b)).map(([a, b]) => `${px(a).toFixed(1)} ${py(b).toFixed(1)}`);
    if (!path.length) return;
    made.append(s("path", { d: `M${path.join("L")}`, fill: "none", stroke: INKS[k % INKS.length], "stroke-width": "2", "stroke-dasharray": ["", "6 3", "2 3", "9 3 2 3"][k % 4] }));
    if (path.length === 1) made.append(s("circle", { cx: path[0].split(" ")[0], cy: path[0].split(" ")[1], r: "3", fill: INKS[k % INKS.length] }));
    if (lines.length > 1) made.append(s("text", { x: WIDTH - 14, y: TOP + 8 + 15 * k, "text-anchor": "end", fill: INKS[k % INKS.length] }, line.name));
  });
  return made;
}
