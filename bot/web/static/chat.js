/**
 * The conversation. Everything lives in the memory of this page; everything on screen is made with textContent.
 * One message is on its way at a time; a retry carries the same client id, so that nothing is said twice.
 */

import { bubbleNode, make } from "./bubbles.js";
import { visit } from "./wayout.js";

const PATIENCE = 30000; // milliseconds for one turn; the server itself gives up much earlier
const TYPING_AFTER = 300; // a quick answer needs no "is typing", on screen or in a screen reader
const LONGEST = 12000; // far more than a server accepts: a longer text is answered, and its end is read for danger
const IDLE_WARNING = 5 * 60000; // before the conversation ends

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(36)).join("");

/**
 * Start a conversation in `root`, a document or a shadow root that holds the panel. `frame` carries the language of
 * what is shown; `place` turns an address of ours into one that can be reached from here; `named` is called with the
 * title of the page. Returns what ends it: `stop`.
 */
export function chat({ root, frame, texts, minutes, place, named = () => {} }) {
  const byId = (id) => root.getElementById(id);
  const [log, field, notice, retry, typing] = ["log", "field", "notice", "retry", "typing"].map(byId);
  const idleAfter = minutes * 60000;
  const ending = new AbortController(); // ends the listening outside of the panel

  let language = frame.lang;
  let said = false; // the person has said something in this conversation
  let again = null; // what "try again" does
  let turns = 0; // changes when a conversation is thrown away, so that its late answers are too
  let warned = false; // the person was asked whether she is still there
  let over = false; // the chat was switched off
  let lastTurn = Date.now();
  let lastSign = Date.now();

  const ui = (key) => texts[language][key];

  /* What is shown */

  function speak(name) {
    language = name;
    frame.lang = name;
    named(ui("title"));
    for (const node of root.querySelectorAll("[data-ui]")) node.textContent = ui(node.dataset.ui);
    const other = byId("language");
    other.lang = other.hreflang = name === "nl" ? "fr" : "nl";
    other.search = `?l=${other.lang}`;
  }

  function tell(text, action) {
    notice.firstElementChild.textContent = text;
    again = action || null;
    retry.hidden = !action;
    notice.classList.toggle("shown", Boolean(text));
  }

  /** One side of one turn, built aside and shown in one go, so that a screen reader gets it as one. */
  function turnNode(who, speaker) {
    const node = make("div", `turn ${who}`, "", make("span", "unseen", `${speaker}: `));
    node.lang = language;
    return node;
  }

  function showBot(answer) {
    const node = turnNode("bot", ui("bot"));
    for (const bubble of answer.bubbles) {
      const made = bubbleNode(bubble, ui, place);
      if (bubble.language && bubble.language !== language) made.lang = bubble.language;
      if (bubble.kind !== "item") node.append(made);
      else if (node.lastChild.tagName === "UL") node.lastChild.append(made);
      else node.append(make("ul", "items", "", made));
    }
    if (answer.buttons.length) node.append(choices(answer.buttons));
    log.append(node);
    const talk = byId("talk");
    const room = Math.min(talk.clientHeight, talk.parentElement.clientHeight); // on a small screen, main is what moves
    const tall = node.offsetHeight > room; // a long answer is read from its beginning,
    if (node.previousSibling) node.scrollIntoView({ block: tall ? "start" : "end" }); // and the first below the intro
  }

  function choices(buttons) {
    const row = make("div", "choices");
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", ui("choices_label"));
    for (const { id, label } of buttons) {
      const button = make("button", "", label);
      button.type = "button";
      button.addEventListener("click", (event) => {
        if (visit.request) return;
        send({ choice: id }, label);
        keepPlace(event);
      });
      row.append(button);
    }
    return row;
  }

  /** The chosen button is gone: put the focus where the person goes on, without opening a phone's keyboard. */
  function keepPlace({ detail }) {
    const keyboard = detail === 0 || matchMedia("(pointer: fine)").matches;
    (keyboard ? field : byId("talk")).focus({ preventScroll: true });
  }

  function showPerson(text) {
    const words = make("p", "", text);
    words.dir = "auto";
    const node = turnNode("person", ui("you"));
    node.append(words);
    log.append(node);
    node.scrollIntoView({ block: "end" });
    return node;
  }

  /* What is sent */

  async function post(path, options) {
    const request = (visit.request = new AbortController());
    const timer = setTimeout(() => request.abort(), PATIENCE);
    try {
      const response = await fetch(place(path), { method: "POST", credentials: "omit", referrerPolicy: "no-referrer", signal: request.signal, ...options });
      if (response.status === 503 && (await response.json().catch(() => ({}))).reason === "closed") closed();
      if (!response.ok) throw new Error(String(response.status));
      return response.status === 204 ? null : await response.json();
    } finally {
      clearTimeout(timer);
      if (visit.request === request) visit.request = null;
    }
  }

  function ask(message) {
    const headers = { "Content-Type": "application/json", "X-Halte": "1" };
    return post("api/turn", { headers, body: JSON.stringify({ session: visit.session, language, ...message }) });
  }

  /** Say something: `message` for the server, `shown` for the log. `id` is that of the first try. */
  async function send(message, shown, id = newId()) {
    if (visit.request || visit.gone || over) return;
    const turn = turns;
    const rows = [...log.querySelectorAll(".choices")];
    for (const row of rows) row.hidden = true; // only the last question can be answered, and only once
    const bubble = shown ? showPerson(shown) : null;
    tell("");
    const slow = setTimeout(() => { typing.textContent = ui("typing"); }, TYPING_AFTER);
    const current = () => turn === turns && !visit.gone;
    try {
      const answer = await ask({ ...message, client_id: id });
      if (current()) receive(answer, rows, Boolean(shown));
    } catch {
      if (!current() || over) return;
      bubble?.remove();
      for (const row of rows) row.hidden = false;
      if (message.text) fill(field.value.trim() ? `${message.text}\n${field.value}` : message.text);
      tell(ui("offline"), () => {
        // Sent as it was; if the person changed the words in the meantime, it is a new message.
        if (message.text && field.value.trim() !== message.text) submit();
        else { fill(message.text ? "" : field.value); send(message, shown, id); }
      });
      log.lastElementChild?.scrollIntoView({ block: "end" }); // the notice took room: keep the question in view
    } finally {
      clearTimeout(slow);
      if (current()) typing.textContent = "";
    }
  }

  function receive(answer, rows, spoke) {
    lastTurn = Date.now();
    warned = false;
    for (const row of rows) row.remove();
    if (answer.ended) clear();
    else visit.session = answer.session;
    said = (said || spoke) && !answer.ended;
    typing.textContent = "";
    if (texts[answer.language] && answer.language !== language) speak(answer.language);
    showBot(answer);
  }

  function fill(text) {
    field.value = text;
    grow();
  }

  function submit() {
    const text = field.value.trim();
    if (!text || visit.request) return;
    fill("");
    send({ text: text.slice(0, LONGEST) }, text);
  }

  /* Starting and ending */

  const start = () => send({ start: true });

  /** A fresh page, as if it had just been opened; whatever was on its way no longer counts. */
  function clear() {
    turns += 1;
    visit.request?.abort();
    visit.request = null;
    visit.session = null;
    said = false;
    log.replaceChildren();
    typing.textContent = "";
    fill("");
    tell("");
  }

  /** The screen first; then the server; `done` only when the server says that it is. */
  async function erase(done) {
    if (visit.session) visit.owed.add(visit.session);
    clear();
    const turn = turns;
    try {
      await settle();
      if (turn === turns && !visit.gone) done();
    } catch {
      // What is typed now begins a new conversation; the old one is erased as soon as there is a network, or on leaving.
      if (turn === turns && !visit.gone && !over) tell(ui("delete_offline"), () => erase(done));
    }
  }

  /** Erase on the server what was erased here. */
  async function settle() {
    for (const session of visit.owed) {
      await post("api/leave", { body: session });
      visit.owed.delete(session);
    }
  }

  /** The network is back: what was still to be erased is, without a question. */
  function reconnected() {
    if (!visit.owed.size || visit.request || visit.gone) return;
    const turn = turns;
    settle().then(() => { if (turn === turns && !visit.gone && !visit.session) tell(ui("deleted")); }, () => {});
  }

  /** The chat was switched off: only the helplines stay. */
  function closed() {
    over = true;
    clear();
    for (const id of ["composer", "below", "intro", "plain"]) byId(id).hidden = true;
    byId("without").hidden = false;
    byId("without").style.animation = "none"; // at once, not after the wait of a page that is still loading
    tell(ui("closed"));
  }

  function changeLanguage(event) {
    event.preventDefault(); // no second address in the history
    const { lang, textContent } = event.currentTarget;
    if (visit.request) return;
    if (said) send({ text: textContent, language: lang }, textContent); // the conversation goes on in the other language
    else { speak(lang); erase(start); }
  }

  function watchIdle() {
    const [silent, still] = [lastTurn + idleAfter, lastSign + IDLE_WARNING];
    const left = Math.max(silent, still) - Date.now();
    if (!visit.session || left > (still > silent ? IDLE_WARNING / 2 : IDLE_WARNING)) return;
    if (left <= 0) return void erase(() => tell(ui("deleted")));
    if (!warned && !again) tell(ui("idle_warning")); // said once; what the person can still try again stays
    warned = true;
  }

  /** The person is there. */
  function sign() {
    lastSign = Date.now();
    if (!warned) return;
    warned = false;
    if (!again) tell("");
  }

  /* The field and the room it has */

  function grow() {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
  }

  /** On phones whose keyboard covers the page, keep header and field in the part that is still seen. */
  function fit() {
    const seen = visualViewport;
    if (!seen || seen.scale > 1.01) return; // the person is zooming: leave the page as it is
    frame.style.setProperty("--height", `${seen.height}px`);
    frame.style.setProperty("--top", `${seen.offsetTop}px`);
  }

  function onSubmit(event) {
    event.preventDefault();
    submit();
  }

  byId("composer").addEventListener("submit", onSubmit);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) onSubmit(event);
  });
  field.addEventListener("input", () => {
    grow();
    field.scrollIntoView({ block: "nearest" });
  });
  retry.addEventListener("click", (event) => { again?.(); keepPlace(event); });
  byId("delete").addEventListener("click", () => erase(() => tell(ui("deleted"))));
  byId("restart").addEventListener("click", () => erase(start));
  byId("language").addEventListener("click", changeLanguage);
  byId("skip").addEventListener("click", () => field.focus()); // not a hash link: that would be a history entry
  for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, sign, { capture: true, signal: ending.signal });
  for (const kind of ["resize", "scroll"]) globalThis.visualViewport?.addEventListener(kind, fit, { signal: ending.signal });
  addEventListener("online", reconnected, { signal: ending.signal });

  speak(language);
  fit();
  byId("without").hidden = true;
  for (const id of ["skip", "composer", "below"]) byId(id).hidden = false;
  grow();
  const watching = setInterval(watchIdle, 15000);
  start();

  return {
    stop() {
      clearInterval(watching);
      ending.abort();
    },
  };
}
