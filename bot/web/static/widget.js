/**
 * The chat on the page of a partner. The server puts this file together with the modules of our own page, see
 * bot/channels/widget.py: one script, nothing needed on the host. `BUILT` holds what the server adds: styles, panel,
 * texts, helplines.
 */

import { chat } from "./chat.js";
import { make } from "./bubbles.js";
import { visit, wayOut } from "./wayout.js";

const script = document.currentScript;
const base = new URL(".", script.src).href;
const reach = (address) => base + address;
const wanted = script.dataset.lang || document.documentElement.lang.slice(0, 2);
const tongue = BUILT.texts[wanted] ? wanted : "nl";

let host = null; // our element in the host page
let panel = null; // made when it is first opened: nothing is asked of the server before
let running = null;
let left = false;

const way = wayOut({
  elsewhere: BUILT.exit,
  leaveAt: reach("api/leave"),
  hide: unmount,
  cover: () => {
    left = true;
    document.body.replaceChildren(); // the page around it goes along
  },
  back: () => {
    if (left) return location.reload();
    visit.gone = false;
    mount();
  },
});

function unmount() {
  running?.stop();
  host?.remove();
  host = panel = running = null;
}

function mount() {
  host = make("halte-chat");
  host.lang = tongue;
  const root = host.attachShadow({ mode: "open" });
  dress(root);
  const opener = make("button", "", BUILT.texts[tongue].open);
  opener.id = "open";
  opener.type = "button";
  opener.dataset.ui = "open";
  opener.setAttribute("aria-expanded", "false");
  opener.addEventListener("click", () => unfold(root, opener));
  root.append(opener);
  document.body.append(host);
}

/** Styles that no Content-Security-Policy of the host forbids; older engines get an element. */
function dress(root) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(BUILT.css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(make("style", "", BUILT.css));
  }
}

function unfold(root, opener) {
  if (!panel) {
    const parsed = make("template");
    parsed.innerHTML = BUILT.panel[tongue]; // ours, without a word of anybody
    panel = parsed.content.getElementById("page");
    const close = make("button", "quiet", BUILT.texts[tongue].close);
    close.id = "close";
    close.type = "button";
    close.dataset.ui = "close";
    close.addEventListener("click", () => fold(opener));
    panel.querySelector("#language").after(close);
    root.prepend(panel);
    way.bind(root.getElementById("exit"));
    running = chat({ root, frame: host, texts: BUILT.texts, minutes: BUILT.minutes, place: reach });
  }
  panel.hidden = false;
  opener.hidden = true;
  root.getElementById("heading").focus();
}

/** Out of sight; the conversation goes on when the panel is opened again. */
function fold(opener) {
  panel.hidden = true;
  opener.hidden = false;
  opener.focus();
}

/** `data-frame`: the chat in a frame, which the page around it cannot read. This script owns the keys and the exit. */
function enframe() {
  const frame = make("iframe");
  frame.src = reach(`embed?l=${tongue}`);
  frame.title = BUILT.texts[tongue].heading;
  frame.referrerPolicy = "no-referrer";
  Object.assign(frame.style, { display: "block", width: "100%", height: script.dataset.height || "40rem", border: "0" });
  script.after(frame);
  addEventListener("message", ({ source, data }) => {
    if (source === frame.contentWindow && data === "halte:leave") way.leave();
  });
}

const begin = "frame" in script.dataset ? enframe : mount;
if (document.body) begin();
else addEventListener("DOMContentLoaded", begin);
