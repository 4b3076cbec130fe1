/**
 * The way out. Kept apart from the chat, so that it works even when the chat does not.
 *
 * The order matters: first the screen, then the memory, then the server, then the other page. `replace` and not
 * `href`: with `href`, one press of Back shows the whole conversation again, whatever the cache headers say.
 */

const SHIFT_PRESSES = 3;
const SHIFT_MILLISECONDS = 5000; // counted again from every press, as in GOV.UK's "Exit this page"

/** All that the page knows about the conversation. It is never written anywhere else. `owed`: erased here, and not yet
 * on the server. */
export const visit = { session: null, request: null, gone: false, owed: new Set() };

/**
 * Listen for whoever wants to leave. `hide` empties the screen of the conversation, `cover` (else `hide`) all of the
 * screen; `back` is called when the browser brings this page back from its memory; `go` opens the other page.
 */
export function wayOut({ elsewhere, leaveAt, hide, back, cover = hide, go = () => location.replace(elsewhere) }) {
  let link = null;
  let presses = 0;
  let alone = false; // Shift went down and nothing else happened since
  let timer = 0;

  /** Empty the screen and the memory; nothing is drawn or sent after this. */
  function wipe(empty) {
    visit.gone = true;
    empty();
    visit.request?.abort();
    const sessions = [visit.session, ...visit.owed];
    visit.session = null;
    visit.owed.clear();
    // The page is clean by now, so a server that cannot be reached only means that it forgets a little later.
    for (const session of sessions) if (session) navigator.sendBeacon(leaveAt, session);
  }

  /** Leave at once, so that Back does not return here. */
  function leave() {
    try {
      wipe(cover);
    } finally {
      go();
    }
  }

  function count(number) {
    clearTimeout(timer);
    presses = number;
    if (link) link.dataset.presses = String(number);
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
    if (!visit.gone) wipe(hide);
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    if (!visit.gone) wipe(hide);
    back();
  });

  /** Make `node` the button that leaves. */
  function bind(node) {
    link = node;
    for (const kind of ["click", "auxclick"]) {
      node.addEventListener(kind, (event) => {
        event.preventDefault(); // also for a middle or Ctrl click, which would open a tab and leave this one as it is
        leave();
      });
    }
    node.addEventListener("keydown", (event) => {
      if (event.key === " ") leave(); // announced as a button, so the space bar must work too
    });
  }

  return { bind, leave };
}
