// The list of channels as a drawer, where the window is narrow.

const NARROW = "(max-width: 48rem)";

const sidebar = document.getElementById("sidebar");
const rest = document.getElementById("room");
const scrim = document.getElementById("scrim");
const button = document.getElementById("open-sidebar");
const narrow = matchMedia(NARROW);

let isOpen = false;

/** What is not to be seen is not to be reached either. */
function show() {
  const covers = narrow.matches && isOpen;
  sidebar.inert = narrow.matches && !isOpen;
  rest.inert = covers;
  scrim.hidden = !covers;
  document.body.classList.toggle("drawer-open", covers);
  button.setAttribute("aria-expanded", String(covers));
}

function openDrawer() {
  isOpen = true;
  show();
  sidebar.querySelector("[aria-current]")?.focus();
}

export function closeDrawer() {
  if (!isOpen) return;
  isOpen = false;
  show();
  if (narrow.matches) button.focus();
}

button.addEventListener("click", openDrawer);
scrim.addEventListener("click", closeDrawer);
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && narrow.matches) closeDrawer();
});
narrow.addEventListener("change", show);
show();
