"use strict";
// Sorts the features table by its headers, filters it, and opens a feature that a link points to.
(() => {
  const table = document.getElementById("features-table");
  const search = document.getElementById("search");
  const only = document.getElementById("only-significant");
  const shown = document.getElementById("shown");
  const body = table.tBodies[0];
  const rows = [...body.rows];

  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits =
        row.cells[0].textContent.toLowerCase().includes(wanted) &&
        !(only && only.checked && row.dataset.significant !== "yes");
      row.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.textContent = `${count} of ${rows.length}`;
  };

  const compare = (column, numeric, sign) => (left, right) => {
    const a = left.cells[column].dataset.value;
    const b = right.cells[column].dataset.value;
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (numeric ? a - b : a.localeCompare(b));
  };

  const headers = [...table.tHead.querySelectorAll("th[data-column]")];
  for (const header of headers) {
    header.firstElementChild.addEventListener("click", () => {
      const numeric = header.className === "number";
      const before = header.getAttribute("aria-sort");
      const ascending = before === "none" ? !numeric : before === "descending";
      for (const other of headers) other.setAttribute("aria-sort", "none");
      header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      rows.sort(compare(Number(header.dataset.column), numeric, ascending ? 1 : -1));
      body.append(...rows);
    });
  }

  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView();
    }
  };

  search.addEventListener("input", filter);
  if (only) only.addEventListener("change", filter);
  window.addEventListener("hashchange", open);
  filter();
  open();
})();
