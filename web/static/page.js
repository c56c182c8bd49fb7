/* Small comforts for every page. Nothing here is needed: links and forms work without it. */

/* Colours without loading the page again. */
const root = document.documentElement;
function markTheme() {
  const now = root.dataset.theme || "auto";
  for (const a of document.querySelectorAll("[data-theme-to]")) {
    if (a.dataset.themeTo === now) a.setAttribute("aria-current", "true");
    else a.removeAttribute("aria-current");
  }
}
for (const a of document.querySelectorAll("[data-theme-to]")) {
  a.addEventListener("click", (event) => {
    event.preventDefault();
    const to = a.dataset.themeTo;
    if (to === "auto") delete root.dataset.theme;
    else root.dataset.theme = to;
    markTheme();
    fetch(a.href, { redirect: "manual", credentials: "same-origin" }).catch(() => {});
  });
}
markTheme();

/* Times: how long ago (pages are kept as bytes, so they themselves name the day), and in the
   reader's own zone on hover. */
const ago = new Intl.RelativeTimeFormat(root.lang, { numeric: "auto" });
for (const t of document.querySelectorAll("time[datetime]")) {
  const d = new Date(t.dateTime);
  if (isNaN(d)) continue;
  const minutes = Math.round((d - Date.now()) / 60000);
  if (minutes <= 0 && minutes > -60) t.textContent = ago.format(minutes, "minute");
  else if (minutes <= -60 && minutes > -60 * 24) t.textContent = ago.format(Math.round(minutes / 60), "hour");
  else if (minutes <= 0 && minutes > -60 * 24 * 7) t.textContent = ago.format(Math.round(minutes / 1440), "day");
  t.title = d.toLocaleString(root.lang, { dateStyle: "full", timeStyle: "short" });
}

/* Amounts to choose from. */
for (const a of document.querySelectorAll("a[data-fill]")) {
  a.addEventListener("click", (event) => {
    const amount = document.getElementById("amount");
    if (!amount) return;
    event.preventDefault();
    amount.value = a.dataset.fill;
    for (const other of document.querySelectorAll("a[data-fill]")) other.removeAttribute("aria-current");
    a.setAttribute("aria-current", "true");
  });
}

/* Copying. */
for (const b of document.querySelectorAll("[data-copy]")) {
  const from = document.querySelector(b.dataset.copy);
  if (!from || !navigator.clipboard) continue;
  b.hidden = false;
  b.addEventListener("click", async () => {
    const items = from.querySelectorAll("li");
    const text = items.length ? Array.from(items, (li) => li.textContent.trim()).join("\n")
                              : from.textContent.trim();
    await navigator.clipboard.writeText(text);
    const use = b.querySelector("use");
    if (!use) return;
    const was = use.getAttribute("href");
    use.setAttribute("href", was.replace(/#.*/, "#check"));
    setTimeout(() => use.setAttribute("href", was), 1500);
  });
}

/* On a narrow screen the tab that one is on may be outside. */
for (const a of document.querySelectorAll(".tabs [aria-current], .subtabs [aria-current]"))
  a.parentElement.scrollLeft = a.offsetLeft - (a.parentElement.clientWidth - a.offsetWidth) / 2;

/* An emoji of another server that did not come is read as it was written. */
const asWritten = (img) => img.replaceWith(img.alt);
for (const img of document.querySelectorAll("img.emoji")) {
  if (img.complete && !img.naturalWidth && img.loading !== "lazy") asWritten(img);
  else img.addEventListener("error", () => asWritten(img), { once: true });
}

/* A menu closes when something else is touched, or with Escape. */
const menus = document.querySelectorAll("details.menu");
document.addEventListener("click", (event) => {
  for (const m of menus) if (m.open && !m.contains(event.target)) m.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const m of menus) {
    if (!m.open) continue;
    m.open = false;
    m.querySelector("summary").focus();
  }
});

/* A form is sent once, however often the button is touched. */
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
}

/* The like button answers at once; the server has the last word at the next page. */
for (const form of document.querySelectorAll('form[action$="/like"]')) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const on = button.getAttribute("aria-pressed") !== "true";
    const words = button.lastChild;
    const n = (parseInt((words.textContent.match(/\d+/) || ["0"])[0], 10) || 0) + (on ? 1 : -1);
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual",
      credentials: "same-origin",
    }).catch(() => null);
    delete form.dataset.sent;
    if (!answer || (answer.type !== "opaqueredirect" && !answer.ok)) return form.submit();
    button.setAttribute("aria-pressed", String(on));
    const label = button.querySelector(".sr") ? "" : words.textContent.replace(/\s*\d+\s*$/, "").trimEnd() + " ";
    if (words.nodeType === Node.TEXT_NODE) words.textContent = label + (n > 0 ? n : "");
    else button.append(n > 0 ? String(n) : "");
  });
}

/* Waiting for something to be over: asks each two seconds, for half a minute if nothing else is said. */
for (const box of document.querySelectorAll("[data-poll]")) {
  let left = Number(box.dataset.times ?? 15);
  const timer = setInterval(async () => {
    if (left-- <= 0) {
      clearInterval(timer);
      for (const p of box.querySelectorAll("[data-poll-words]")) p.textContent = p.dataset.pollWords;
      return;
    }
    try {
      const answer = await fetch(box.dataset.poll, { headers: { Accept: "application/json" } });
      if (answer.ok && !(await answer.json()).open) {
        clearInterval(timer);
        location.replace(box.dataset.done);
      }
    } catch { /* the next time */ }
  }, 2000);
}

/* Inside WeChat: its own script shows the payment; only the node's question to WeChat says whether it was made. */
for (const box of document.querySelectorAll("[data-wechat]")) {
  const pay = () => window.WeixinJSBridge?.invoke("getBrandWCPayRequest", JSON.parse(box.dataset.wechat), (r) => {
    if (r.err_msg === "get_brand_wcpay_request:ok") location.replace(box.dataset.done);
  });
  box.querySelector("button").addEventListener("click", pay);
  if (window.WeixinJSBridge) pay();
  else document.addEventListener("WeixinJSBridgeReady", pay, { once: true });
}
