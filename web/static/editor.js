/* The editor's comforts over a form that works without them: preview beside the text, pictures
   by dragging or pasting, the draft saved by itself. */
const form = document.getElementById("compose");
const body = document.getElementById("body");
const status = document.getElementById("status");
const words = form.dataset;
const field = (name) => form.elements.namedItem(name);
const csrf = field("_csrf").value;

function insert(before, after = "", fallback = "") {
  const [from, to] = [body.selectionStart, body.selectionEnd];
  const text = body.value.slice(from, to) || fallback;
  body.setRangeText(before + text + after, from, to, "end");
  body.setSelectionRange(from + before.length, from + before.length + text.length);
  body.focus();
  changed();
}

function insertBlock(text) {
  const at = body.selectionEnd;
  const before = body.value.slice(0, at);
  const gap = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  body.setRangeText(gap + text + "\n\n", at, at, "end");
  body.focus();
  changed();
}

/* ---- toolbar ---- */
const toolbar = document.getElementById("toolbar");
toolbar.hidden = false;
toolbar.addEventListener("click", (event) => {
  const b = event.target.closest("button");
  if (!b) return;
  if (b.dataset.wrap) insert(b.dataset.wrap, b.dataset.wrap);
  if (b.dataset.line) {
    const start = body.value.lastIndexOf("\n", body.selectionStart - 1) + 1;
    body.setRangeText(b.dataset.line, start, start, "preserve");
    body.focus();
    changed();
  }
  if (b.dataset.link) insert("[", "](https://)");
  if (b.dataset.more && !body.value.includes("<!--more-->")) insertBlock("<!--more-->");
  if (b.dataset.preview) togglePreview(b);
});
body.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  const wrap = { b: "**", i: "*" }[event.key];
  if (wrap) { event.preventDefault(); insert(wrap, wrap); }
  if (event.key === "k") { event.preventDefault(); insert("[", "](https://)"); }
  if (event.key === "s") { event.preventDefault(); save(); }
});

/* ---- preview ---- */
const preview = document.getElementById("preview");
document.getElementById("preview-go").hidden = true;
async function togglePreview(button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  body.hidden = on;
  preview.hidden = !on;
  if (!on) return body.focus();
  const answer = await fetch("/compose/preview", {
    method: "POST", credentials: "same-origin",
    body: new URLSearchParams({ _csrf: csrf, body: body.value }),
  }).catch(() => null);
  /* The server rendered and sanitised it: the same HTML that the page will hold. */
  if (answer && answer.ok) preview.innerHTML = await answer.text();
  else { preview.textContent = words.unsaved; }
}

/* ---- drafts save themselves; a published post changes only when asked ---- */
let dirty = false, saving = false, timer = 0;
function changed() {
  dirty = true;
  if (words.published === "1") return;
  clearTimeout(timer);
  timer = setTimeout(save, 2500);
}
form.addEventListener("input", (event) => { if (event.target.type !== "file") changed(); });
async function save() {
  if (saving || !dirty || words.published === "1") return;
  saving = true;
  dirty = false;
  status.textContent = words.saving;
  const data = new FormData(form);
  data.delete("upload");
  data.set("do", "save");
  const answer = await fetch("/compose", {
    method: "POST", body: data, credentials: "same-origin", headers: { Accept: "application/json" },
  }).catch(() => null);
  saving = false;
  if (answer && answer.ok) {
    const draft = await answer.json();
    const first = field("id").value === "0";
    field("id").value = draft.id;
    field("version").value = draft.version;
    status.textContent = draft.saved || words.saved;
    if (first) history.replaceState(null, "", "/compose/" + draft.id);
    if (dirty) changed();
  } else if (answer && answer.status === 409) {
    status.textContent = words.conflict;
  } else if (answer && answer.status === 422) {
    status.textContent = "";
  } else {
    dirty = true;
    status.textContent = words.unsaved;
    timer = setTimeout(save, 15000);
  }
}
form.addEventListener("submit", () => { dirty = false; clearTimeout(timer); });
addEventListener("beforeunload", (event) => { if (dirty || saving) event.preventDefault(); });

/* ---- pictures and files ---- */
const drop = document.getElementById("drop");
const picker = document.getElementById("upload");
const things = document.getElementById("things");
document.getElementById("upload-go").hidden = true;

function el(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children);
  return e;
}
function check(name, value, on, label) {
  const box = el("input", { type: "checkbox", name, value });
  box.checked = on;
  return el("label", { class: "check" }, box, label);
}
function thing(m) {
  const row = el("div", { class: "row" }, check("media", m.id, true, words.keep));
  const li = el("li", {},
    m.image ? el("img", { src: m.small_url, alt: "" }) : el("span", { class: "file" }),
    el("div", {}, el("p", { class: "small" }, m.name + " ", el("span", { class: "quiet nowrap" }, m.size)), row));
  if (m.image) {
    row.append(check("teaser_media", m.id, false, words.everyone));
    li.append(el("div", { class: "under" },
      el("input", { type: "text", name: "alt_" + m.id, maxlength: "1000", placeholder: words.alt, "aria-label": words.alt })));
  }
  return li;
}
async function bring(files) {
  for (const file of files) {
    const wait = el("li", {}, el("span", { class: "file" }, "…"), el("p", { class: "small quiet" }, file.name));
    things.append(wait);
    const data = new FormData();
    data.set("_csrf", csrf);
    data.set("planet", field("planet").value);
    data.set("id", field("id").value);
    data.set("file", file);
    const answer = await fetch("/compose/upload", {
      method: "POST", body: data, credentials: "same-origin", headers: { Accept: "application/json" },
    }).catch(() => null);
    if (answer && answer.ok) {
      const m = await answer.json();
      wait.replaceWith(thing(m));
      changed();
    } else {
      const said = answer && (await answer.json().catch(() => null));
      wait.lastChild.textContent = file.name + ": " + ((said && said.message) || words.failed);
      wait.lastChild.className = "small error";
    }
  }
}
picker.addEventListener("change", () => { bring(Array.from(picker.files)); picker.value = ""; });
for (const target of [drop, body]) {
  target.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  target.addEventListener("dragleave", () => drop.classList.remove("over"));
  target.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    drop.classList.remove("over");
    bring(Array.from(event.dataTransfer.files));
  });
}
body.addEventListener("paste", (event) => {
  const files = Array.from(event.clipboardData.files);
  if (files.length > 0) { event.preventDefault(); bring(files); }
});

/* The teaser matters only when something is locked. */
const teaser = document.getElementById("teaser-field");
const price = document.getElementById("price-field");
function showTeaser() {
  teaser.hidden = field("access").value === "public";
  price.hidden = field("access").value !== "price";
}
form.addEventListener("change", showTeaser);
showTeaser();
