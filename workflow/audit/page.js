// Everything here adds to a page that is whole without it: its figures, tables and sources need no script.
document.documentElement.classList.add("scripts");
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const data = read("data");
const files = read("files");

async function unpacked(name) {
  const bytes = Uint8Array.from(atob(data[name].gzip), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

// A file that travels in the page is saved by its button.
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".download");
  if (!button) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await unpacked(button.dataset.file)], { type: "text/csv" }));
  link.download = data[button.dataset.file].name;
  link.click();
  URL.revokeObjectURL(link.href);
});

// A number says where it is from: file, place, the row itself, rule and commit.
const origin = document.getElementById("origin");
const facts = origin.querySelector("dl");

function row(text, place) {
  const [condition, metric] = place.split(", ");
  const [header, ...lines] = text.split("\n");
  const found = lines.filter((line) => line.includes(`${condition},${metric},`) || line.startsWith(`${place},`));
  return found.length === 1 ? `${header}\n${found[0]}` : "";
}

for (const number of document.querySelectorAll("a.number")) {
  number.addEventListener("click", async (event) => {
    event.preventDefault();
    const { file, place } = number.dataset;
    const { path, rule, commit } = files[file];
    const shown = { number: number.textContent, file: path, place, rule, commit };
    facts.replaceChildren(
      ...Object.entries(shown).filter(([, value]) => value).flatMap(([name, value]) => {
        const [term, description] = [document.createElement("dt"), document.createElement("dd")];
        [term.textContent, description.textContent] = [name, value];
        return [term, description];
      }),
    );
    const text = data[file] ? row(await unpacked(file), place) : "";
    origin.querySelector("pre").textContent = text;
    const source = document.getElementById(number.hash.slice(1));
    origin.querySelector(".files").replaceChildren(...[...source.querySelectorAll(".download, a")].map((part) => part.cloneNode(true)));
    origin.showPopover();
    const { left, bottom } = number.getBoundingClientRect();
    origin.style.left = `${Math.max(8, Math.min(left, innerWidth - origin.offsetWidth - 8))}px`;
    origin.style.top = `${Math.max(8, Math.min(bottom + 6, innerHeight - origin.offsetHeight - 8))}px`;
  });
}

// Claims are found by words and by verdict.
const search = document.getElementById("search");
const chosen = new Set();

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const group of document.querySelectorAll("#claims .group")) {
    let any = false;
    for (const claim of group.querySelectorAll(".claim")) {
      const text = claim.textContent.toLowerCase();
      const fits = (!chosen.size || chosen.has(claim.dataset.verdict)) && words.every((word) => text.includes(word));
      claim.hidden = !fits;
      any ||= fits;
      count += fits;
    }
    group.hidden = !any;
    for (const rest of group.querySelectorAll(".rest")) {
      const fitting = rest.querySelectorAll(".claim:not([hidden])").length;
      rest.hidden = !fitting;
      rest.open = fitting > 0 && (chosen.size > 0 || words.length > 0);
    }
  }
  document.querySelector(".find output").textContent = chosen.size || words.length ? `${count} claims` : "";
}
search.addEventListener("input", filter);
const choices = [...document.querySelectorAll(".counts button")];
for (const button of choices) {
  button.addEventListener("click", () => {
    const { verdict } = button.dataset;
    if (!chosen.delete(verdict)) chosen.add(verdict);
    for (const each of choices) each.setAttribute("aria-pressed", chosen.has(each.dataset.verdict));
    filter();
  });
}

// A link to a claim opens its fold.
function unfold() {
  const claim = document.getElementById(location.hash.slice(1));
  for (let fold = claim?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}
addEventListener("hashchange", unfold);
unfold();

// Panels are drawn when they come near.
const panels = read("panels");

function control({ label, values, form }, changed) {
  const field = document.createElement("label");
  const input = document.createElement(form === "list" ? "select" : "input");
  const shown = document.createElement("output");
  if (form === "list") input.append(...values.map((value, number) => new Option(value, number)));
  else Object.assign(input, { type: "range", min: 0, max: values.length - 1, value: 0 });
  const show = () => { shown.textContent = form === "list" ? "" : values[input.value]; };
  input.addEventListener("input", () => { show(); changed(); });
  field.append(`${label} `, input, shown);
  show();
  return { field, input, count: values.length, show };
}

function frames(place, panel) {
  const picture = document.createElement("div");
  const note = document.createElement("p");
  const [width, height] = panel.size;
  picture.className = "frame";
  picture.setAttribute("role", "img");
  picture.style.aspectRatio = `${width} / ${height}`;
  picture.style.backgroundSize = `${100 * panel.columns}% ${100 * panel.rows}%`;
  const part = (position, count) => (count > 1 ? (100 * position) / (count - 1) : 0);
  const draw = () => {
    const frame = controls.reduce((index, { input, count }) => index * count + Number(input.value), 0);
    const cell = frame % panel.cells;
    picture.style.backgroundImage = `url(${panel.sheets[Math.floor(frame / panel.cells)]})`;
    const [column, line] = [cell % panel.columns, Math.floor(cell / panel.columns)];
    picture.style.backgroundPosition = `${part(column, panel.columns)}% ${part(line, panel.rows)}%`;
    note.textContent = panel.notes[frame];
    picture.setAttribute("aria-label", panel.notes[frame]);
  };
  const controls = panel.controls.map((settings) => control(settings, draw));
  if (panel.plane) {
    const [down, across] = controls.slice(-2);
    for (const { input, count, show } of [down, across]) { input.value = (count - 1) / 2; show(); }
    picture.classList.add("plane");
    picture.addEventListener("pointermove", (event) => {
      const box = picture.getBoundingClientRect();
      across.input.value = Math.floor(((event.clientX - box.left) / box.width) * across.count);
      down.input.value = Math.floor(((event.clientY - box.top) / box.height) * down.count);
      down.show();
      across.show();
      draw();
    });
  }
  const form = document.createElement("div");
  form.className = "controls";
  form.append(...controls.map(({ field }) => field), note);
  place.classList.add("frames");
  place.append(picture, form);
  draw();
}

const nearby = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    nearby.unobserve(target);
    frames(target, panels[target.dataset.panel]);
  }
}, { rootMargin: "600px" });
for (const place of document.querySelectorAll(".panel")) nearby.observe(place);

// Figures enlarge on a click or Enter; there a second click shows them at full size. Escape closes.
const viewer = document.getElementById("viewer");
const picture = viewer.querySelector("img");

for (const button of document.querySelectorAll("button.zoom")) {
  button.addEventListener("click", () => {
    const shown = button.querySelector("img");
    picture.src = shown.currentSrc;
    picture.alt = shown.alt;
    viewer.querySelector("p").textContent = shown.alt;
    viewer.classList.remove("full");
    viewer.showModal();
  });
}
picture.addEventListener("click", () => viewer.classList.toggle("full"));
viewer.addEventListener("keydown", (event) => {
  if (event.key === "+" || event.key === "-") viewer.classList.toggle("full", event.key === "+");
});
viewer.querySelector(".close").addEventListener("click", () => viewer.close());

// The section in view is marked in the contents, which close once they have led somewhere.
const contents = document.getElementById("contents");
const links = new Map([...contents.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const link = links.get(target.id);
      if (isIntersecting) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  },
  { rootMargin: "-10% 0px -80%" },
);
for (const section of document.querySelectorAll("main section[id]")) watcher.observe(section);
contents.addEventListener("click", (event) => {
  if (event.target.closest("a") && contents.matches(":popover-open")) contents.hidePopover();
});
