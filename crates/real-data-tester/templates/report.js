(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const filter = byId("filter");
  const rows = [...document.querySelectorAll(".f")].map((element) => ({
    element,
    text: (element.querySelector(":scope > summary") || element).textContent.toLowerCase(),
  }));
  const open = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
    }
  };
  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { element, text } of rows) {
      const hit = words.every((word) => text.includes(word));
      element.hidden = !hit;
      if (hit) shown += 1;
      if (hit && words.length > 0 && shown <= 300) open(element.parentElement);
    }
    byId("shown").textContent = words.length > 0 ? `${shown} of ${rows.length}` : "";
  };
  const all = (state) => document.querySelectorAll("main details").forEach((fold) => { fold.open = state; });
  const reveal = () => {
    const target = location.hash && byId(location.hash.slice(1));
    if (target) {
      open(target);
      target.scrollIntoView();
    }
  };
  filter.addEventListener("input", apply);
  byId("expand").addEventListener("click", () => all(true));
  byId("collapse").addEventListener("click", () => all(false));
  addEventListener("hashchange", reveal);
  byId("tools").hidden = rows.length === 0;
  reveal();
})();
