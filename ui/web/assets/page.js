// What the browser does by itself on the interview page: keep the draft, send with Ctrl+Enter, move a wall clock.
(() => {
  const id = new URLSearchParams(location.search).get("s");
  if (!id || !location.pathname.endsWith("/interview")) return;

  const key = "hotseat-draft-" + id;
  const words = (text) => (text || "").replace(/\s+/g, " ").trim();
  let box = null;

  const save = () => {
    if (!box) return;
    if (box.value) sessionStorage.setItem(key, box.value);
    else sessionStorage.removeItem(key);
  };

  // An answer that was stored just before the connection broke is in the conversation: it is no draft any more.
  const sent = (draft, said) => said.length > 0 && words(said[said.length - 1].textContent) === words(draft);

  const restore = (found, said) => {
    const draft = sessionStorage.getItem(key);
    if (draft && !found.value && !sent(draft, said)) {
      found.value = draft;
      found.dispatchEvent(new Event("input", { bubbles: true }));
    }
    box = found;
  };

  setInterval(() => {
    const found = document.querySelector("#answer textarea");
    const talk = document.querySelectorAll("#talk .message");
    if (found && found !== box && talk.length) restore(found, document.querySelectorAll("#talk .user .message, #talk .message.user"));
    else if (found && found === box) save();
    tick();
  }, 400);
  addEventListener("pagehide", save);

  const entered = (event) => event.key === "Enter" && event.target.matches("#answer textarea");
  document.addEventListener("keydown", (event) => {
    if (!entered(event) || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    document.querySelector("#send")?.click();
  }, true);
  // Shift+Enter is a new line as well, not Gradio's own way to send.
  document.addEventListener("keypress", (event) => entered(event) && event.stopPropagation(), true);

  let clock = null, since = 0;
  const tick = () => {
    const found = document.querySelector(".hs-clock [data-seconds]");
    if (!found) return;
    if (found !== clock) [clock, since] = [found, Date.now()];
    const now = Math.min(Number(found.dataset.most), Number(found.dataset.seconds) + (Date.now() - since) / 1000);
    const text = Math.floor(now / 60) + ":" + String(Math.floor(now % 60)).padStart(2, "0");
    if (found.textContent !== text) found.textContent = text;
  };
})();
