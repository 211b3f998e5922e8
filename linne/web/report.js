for (const table of document.querySelectorAll("table.sort")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, place) => {
    if (!head.dataset.sort) return;
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.onclick = () => {
      const up = head.ariaSort !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.ariaSort = null;
      head.ariaSort = up ? "ascending" : "descending";
      const value = (row) => row.cells[place].dataset.v ?? row.cells[place].textContent;
      const order = (x, y) => head.dataset.sort === "n" ? x - y : x.localeCompare(y);
      body.append(...[...body.rows].sort((x, y) => (up ? 1 : -1) * order(value(x), value(y))));
    };
  });
}
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => (one.open = true)));
// A browser does not print buttons in a table's repeated head: words stand there without them meanwhile.
const sorters = [...document.querySelectorAll("th button")].map((button) => [button, button.parentElement]);
addEventListener("beforeprint", () => sorters.forEach(([button]) => button.replaceWith(...button.childNodes)));
addEventListener("afterprint", () => sorters.forEach(([button, head]) => {
  button.append(...head.childNodes);
  head.append(button);
}));
