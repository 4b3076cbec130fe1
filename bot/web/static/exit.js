/**
 * The way out. Kept apart from the chat, so that it works even when the chat does not.
 *
 * The order matters: first the screen, then the memory, then the server, then the other page. `replace` and not
 * `href`: with `href`, one press of Back shows the whole conversation again, whatever the cache headers say.
 */

const SHIFT_PRESSES = 3;
const SHIFT_MILLISECONDS = 5000; // counted again from every press, as in GOV.UK's "Exit this page"

/** All that the page knows about the conversation. It is never written anywhere else. */
export const visit = { session: null, request: null, gone: false };

const link = document.getElementById("exit");
const elsewhere = link.href;

/** Empty the screen and the memory; nothing is drawn or sent after this. */
export function wipe() {
  visit.gone = true;
  document.body.replaceChildren();
  visit.request?.abort();
  const session = visit.session;
  visit.session = null;
  // The page is clean by now, so a server that cannot be reached only means that it forgets a little later.
  if (session) navigator.sendBeacon("api/leave", session);
}

/** Leave at once, so that Back does not return here. */
export function leave() {
  try {
    wipe();
  } finally {
    location.replace(elsewhere);
  }
}

for (const kind of ["click", "auxclick"]) {
  link.addEventListener(kind, (event) => {
    event.preventDefault(); // also for a middle or Ctrl click, which would open a tab and leave this one as it is
    leave();
  });
}
link.addEventListener("keydown", (event) => {
  if (event.key === " ") leave(); // announced as a button, so the space bar must work too
});

let presses = 0;
let alone = false; // Shift went down and nothing else happened since
let timer = 0;

function count(number) {
  clearTimeout(timer);
  presses = number;
  link.dataset.presses = String(number);
  if (number >= SHIFT_PRESSES) leave();
  else if (number) timer = setTimeout(count, SHIFT_MILLISECONDS, 0);
}

addEventListener("keydown", (event) => {
  const shift = event.key === "Shift" && !event.isComposing;
  alone = shift;
  if (!shift) count(0);
}, true);
addEventListener("keyup", (event) => {
  if (event.key === "Shift" && alone) count(presses + 1);
}, true);
addEventListener("pointerdown", () => {
  alone = false; // Shift with a click selects text
}, true);

// Whatever takes the person away, the browser must not keep a picture of the conversation to come back to.
addEventListener("pagehide", () => {
  if (!visit.gone) wipe();
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  if (!visit.gone) wipe();
  location.replace(location.pathname + location.search);
});
