// Where one reads. Whatever changes above or below, that stays where it is on the screen; who is at
// the end stays at the end.

const NEAR_END_PIXELS = 40;

const scroll = document.getElementById("scroll");
const list = document.getElementById("messages");

let follows = true;
let mayFollow = true;
let lastTop = 0;
let anchor = null;

/** Whether the newest message that there is stands before one's eyes. */
export function isAtEnd() {
  return follows;
}

export function toEnd() {
  follows = true;
  keep();
}

/** Without the newest messages on the page, its end is no place to stay at. */
export function setPresent(isPresent) {
  mayFollow = isPresent;
  if (!isPresent) follows = false;
}

/** Call before a change: one may have scrolled and the browser not yet said so. */
export function note() {
  if (scroll.scrollTop === lastTop) return;
  noticeLeaving();
  remember();
}

/** Call after a change: this is what undoes its shift. */
export function keep() {
  if (follows) scroll.scrollTop = scroll.scrollHeight;
  else if (anchor) scroll.scrollTop += topOf(document.getElementById(anchor.id) ?? anchor.item) - anchor.top;
  remember();
}

/** Bring an item to the middle of the screen, and leave the end for it. */
export function show(item) {
  follows = false;
  item.scrollIntoView({ block: "center" });
  remember();
}

/** The id of the message that one reads; null where there is none. */
export function readingId() {
  return anchor?.item.dataset.id ?? null;
}

export function distanceToStart() {
  return scroll.scrollTop;
}

export function distanceToEnd() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight;
}

/** Whether the end is more than a screen away. */
export function isFarFromEnd() {
  return distanceToEnd() > scroll.clientHeight;
}

/** What one reads: the first item on the screen. */
function remember() {
  const edge = scroll.getBoundingClientRect().top;
  const item = [...list.children].find((candidate) => candidate.getBoundingClientRect().bottom > edge);
  anchor = item ? { id: item.id, item, top: topOf(item) } : null;
  lastTop = scroll.scrollTop;
}

/** Of what is on the page; what is gone keeps the place that it had. */
function topOf(item) {
  return item.isConnected ? item.getBoundingClientRect().top : anchor.top;
}

/** Only who scrolls up leaves the end; that the list has grown since does not. */
function noticeLeaving() {
  if (scroll.scrollTop < lastTop && distanceToEnd() >= NEAR_END_PIXELS) follows = false;
}

/** `moved` is called after each scroll. */
export function watchPlace(moved) {
  scroll.addEventListener("scroll", () => {
    if (distanceToEnd() < NEAR_END_PIXELS) follows = mayFollow;
    noticeLeaving();
    remember();
    moved();
  });
  const sizes = new ResizeObserver(keep);
  sizes.observe(scroll);
  sizes.observe(list);
}
