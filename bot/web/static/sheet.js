/**
 * Something to take along: copied, printed or saved on this device, each after its warning has been read.
 * Nothing of it goes to a server.
 */

const ways = { copy, print, save: (text, name) => save(text, name, "text/plain"), table: (text, name) => save(text, name, "text/csv") };

/** The node of a sheet bubble; `make` builds a node, `ui` gives a text of the page. */
export function sheet({ title, lines, actions }, make, ui) {
  const node = make("section", "sheet");
  const list = make("ol", "", "", ...lines.map((line) => make("li", "", line.replace(/^\d+\. /, ""))));
  const text = [title, ...lines].join("\n");
  const ready = () => (node.getRootNode() === document ? node.classList.add("printed") : onPaper(text));
  node.append(make("h3", "", title), list, ...tools(actions, () => text, ready, make, ui));
  return node;
}

/** From inside a page of somebody else: that page is put aside on paper, and only the list is printed. */
function onPaper(text) {
  const paper = document.createElement("pre");
  paper.className = "halte-paper";
  paper.textContent = text;
  paper.style.whiteSpace = "pre-wrap";
  const rules = new CSSStyleSheet();
  rules.replaceSync(`@media screen { .halte-paper { display: none } }
    @media print { body > :not(.halte-paper) { display: none !important } }`);
  const before = document.adoptedStyleSheets;
  document.adoptedStyleSheets = [...before, rules];
  document.body.append(paper);
  addEventListener("afterprint", () => {
    paper.remove();
    document.adoptedStyleSheets = before;
  }, { once: true });
}

/** Buttons for the ways, and the place of their warnings. `ready` prepares the page for printing. */
export function tools(actions, content, ready, make, ui, nothing = "") {
  const warning = make("div", "warning");
  warning.setAttribute("role", "status");
  const buttons = actions.map(({ kind, label, href, warning: words }) => {
    const open = button(label);
    open.addEventListener("click", () => {
      const text = content(kind);
      if (!content("text") && nothing) {
        warning.replaceChildren(make("p", "", nothing));
        return;
      }
      const yes = button(ui("take_confirm"));
      const no = button(ui("take_cancel"));
      yes.addEventListener("click", () => {
        warning.replaceChildren();
        open.focus();
        ways[kind](text, href, ready);
      });
      no.addEventListener("click", () => {
        warning.replaceChildren();
        open.focus();
      });
      warning.replaceChildren(make("p", "", words), yes, no);
    });
    return open;
  });
  return [make("div", "actions", "", ...buttons), warning];

  function button(label) {
    const node = make("button", "action", label);
    node.type = "button";
    return node;
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Old browsers, and pages without a certificate: the way from before.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

function print(_, name, ready) {
  const shown = document.title;
  document.title = name.replace(/\..*/, ""); // "save as PDF" takes the title as a name
  for (const node of document.querySelectorAll(".printed")) node.classList.remove("printed");
  ready();
  globalThis.print();
  document.title = shown;
}

function save(text, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
