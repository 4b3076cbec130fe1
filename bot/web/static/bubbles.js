/** How the things that Halte says are shown. Everything on screen is made with textContent. */

import { sheet } from "./sheet.js";

const LINKS = ["https:", "http:", "tel:", "mailto:", "sms:"];

/** A new element. */
export function make(tag, className, text, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  node.append(...children);
  return node;
}

/** The node of one bubble; `ui` gives a text of the page, `place` the address of another page of ours. */
export function bubbleNode(bubble, ui, place) {
  if (bubble.kind === "card") return card(bubble, place);
  if (bubble.kind === "sheet") return sheet(bubble, make, ui);
  const quote = bubble.kind === "quote";
  const step = bubble.kind === "item" && /^\d+\. /.test(bubble.text); // it has its number: no dash as well
  const tag = quote ? "blockquote" : bubble.kind === "item" ? "li" : "p";
  const node = make(tag, quote ? "quote" : step ? "step" : "", bubble.text);
  if (quote) node.dir = "auto"; // the person's own words, in whatever direction they run
  return node;
}

function card(bubble, place) {
  const node = make("article", bubble.urgent ? "card urgent" : "card");
  if (bubble.title) node.append(make("h3", "", bubble.title));
  // A card without words of its own has the name as its text, for channels that cannot show cards.
  if (bubble.text && bubble.text !== bubble.title) node.append(make("p", "", bubble.text));
  if (bubble.lines.length) node.append(make("ul", "", "", ...bubble.lines.map((line) => make("li", "", line))));
  const actions = make("div", "actions");
  for (const { kind, label, href } of bubble.actions) {
    const ours = kind === "page" && /^[a-z]+\?l=[a-z]{2}$/.test(href);
    if (!ours && !LINKS.some((scheme) => href.startsWith(scheme))) continue;
    const link = make("a", `action ${kind}`, label);
    link.href = ours ? place(href) : href;
    link.rel = "noopener noreferrer nofollow";
    // In this tab, a helpline's site would cost the person the conversation and the number she was reading.
    if (ours || href.startsWith("http")) link.target = "_blank";
    actions.append(link);
  }
  if (actions.childElementCount) node.append(actions);
  return node;
}
