// Figures enlarge on a click or Enter; there a second click shows them at full size. Escape closes.
const viewer = document.getElementById("viewer");
const picture = viewer.querySelector("img");

for (const button of document.querySelectorAll("button.zoom")) {
  button.addEventListener("click", () => {
    const shown = button.querySelector("img");
    picture.src = shown.src;
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

// The section in view is marked in the contents.
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
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
for (const id of links.keys()) watcher.observe(document.getElementById(id));
