/** The conversation as a page of its own. */

import { chat } from "./chat.js";

const parts = [...document.querySelectorAll("template.texts")];

chat({
  root: document,
  frame: document.documentElement,
  texts: Object.fromEntries(parts.map((part) => [part.lang, part.dataset])),
  minutes: Number(document.body.dataset.sessionMinutes),
  place: (address) => address,
  named: (title) => { document.title = title; },
});
