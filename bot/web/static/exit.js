/** The way out of a page of ours. */

import { wayOut } from "./wayout.js";

const link = document.getElementById("exit");
const framed = window.parent !== window;

/** In a frame, the page around it must go too: its small script does that, or else we do. */
function go() {
  if (!framed) return location.replace(link.href);
  window.parent.postMessage("halte:leave", "*"); // holds nothing of the conversation
  try {
    window.top.location.replace(link.href);
  } catch {
    location.replace(link.href); // the host forbids it: at least this frame is gone
  }
}

wayOut({
  elsewhere: link.href,
  leaveAt: "api/leave",
  hide: () => document.body.replaceChildren(),
  back: () => location.replace(location.pathname + location.search),
  go,
}).bind(link);
