/** The way out of a page of ours. */

import { wayOut } from "./wayout.js";

const link = document.getElementById("exit");
const elsewhere = link.href;
const framed = window.parent !== window;

const HOST_MILLISECONDS = 100;

/** In a frame, the page around it must go too: its script does that at once, and takes this frame away; or else we do. */
function go() {
  if (!framed) return location.replace(elsewhere);
  window.parent.postMessage("halte:leave", "*"); // holds nothing of the conversation
  setTimeout(() => {
    try {
      window.top.location.replace(elsewhere);
    } catch {
      location.replace(elsewhere); // the host forbids it: at least this frame is gone
    }
  }, HOST_MILLISECONDS);
}

wayOut({
  elsewhere,
  leaveAt: "api/leave",
  hide: () => document.body.replaceChildren(),
  back: () => location.replace(location.pathname + location.search),
  go,
}).bind(link);
