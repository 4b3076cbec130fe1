/** The way out of the page with forms, where there is a script after all: faster, and with the Shift key. */

import { visit, wayOut } from "./wayout.js";

const button = document.getElementById("exit");
const session = document.querySelector("#out [name=session]");
const { elsewhere } = button.dataset;

wayOut({
  elsewhere,
  leaveAt: "api/leave",
  hide: () => document.body.replaceChildren(),
  // Only who leaves ends the conversation: sending the form also takes this page away.
  cover: () => {
    visit.session = session.value;
    document.body.replaceChildren();
  },
  back: () => location.replace("./"),
}).bind(button);
