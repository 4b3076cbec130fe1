/** A list of what happened. It lives in the fields of this page only; it leaves the page when the person takes it along. */

import { tools } from "./sheet.js";

const texts = document.querySelector("template.texts").dataset;
const form = document.getElementById("entries");
const empty = document.getElementById("entry").content;
const headings = [...empty.querySelectorAll("label span")].map((span) => span.textContent);

function add(focus) {
  const entry = empty.cloneNode(true).firstElementChild;
  entry.querySelector("button").addEventListener("click", () => {
    const next = entry.nextElementSibling || entry.previousElementSibling;
    entry.remove();
    if (next) next.querySelector("input").focus();
    else add(true);
  });
  form.append(entry);
  if (focus) entry.querySelector("input").focus();
}

/** Entries with something in them, oldest first; those without a day come last. */
function rows() {
  return [...form.children]
    .map((entry) => [...entry.querySelectorAll("[data-column]")].map((field) => field.value.trim().replace("T", " ")))
    .filter((values) => values.some(Boolean))
    .sort((a, b) => (a[0] || "9").localeCompare(b[0] || "9"));
}

const asText = () => rows().map((row) => row.map((value, i) => value && `${headings[i]}: ${value}`).filter(Boolean).join("\n")).join("\n\n");

/** A cell that begins like a formula must not be one in a spreadsheet. */
const cell = (value) => `"${(/^[=+\-@\t]/.test(value) ? "'" : "") + value.replace(/"/g, '""')}"`;
const asTable = () => `\ufeff${[headings, ...rows()].map((row) => row.map(cell).join(";")).join("\r\n")}\r\n`;

function make(tag, className, text, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  node.append(...children);
  return node;
}

/** The table that is printed: a form cuts long texts off. */
function fill() {
  document.querySelector("tbody").replaceChildren(
    ...rows().map((row) => make("tr", "", "", ...row.map((value) => make("td", "", value)))),
  );
}

const ways = [...document.querySelectorAll("template.way")].map(({ dataset }) => ({ ...dataset }));
const content = (kind) => (kind === "table" ? asTable() : asText());
const take = document.getElementById("take");
take.append(...tools(ways, content, fill, make, (key) => texts[key], texts.notes_empty));
document.getElementById("add").addEventListener("click", () => add(true));
form.addEventListener("submit", (event) => event.preventDefault());
for (const node of [form, document.getElementById("tools"), take]) node.hidden = false;
document.body.classList.add("filled");
add(false);
