// What a phone offers beside the page: its share sheet, its keyboard with dictation in the search box, its own voice.
(() => {
  if (window.quarterdeckPhone) return;
  window.quarterdeckPhone = true;
  const SHOWN = 2_500;
  const VOICE = "qd-voice";

  const answer = (button, text) => {
    button.dataset.words ??= button.textContent;
    button.textContent = text;
    clearTimeout(button.back);
    button.back = setTimeout(() => { button.textContent = button.dataset.words; }, SHOWN);
  };
  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    if (!isCopied) throw new Error("not copied");
  };
  const share = async (button) => {
    const given = { title: document.title, url: location.href };
    if (navigator.share && (!navigator.canShare || navigator.canShare(given))) {
      try {
        return await navigator.share(given);
      } catch (error) {
        if (error.name === "AbortError") return; // The person closed the sheet.
      }
    }
    try {
      await copy(given.url);
      answer(button, button.dataset.copied);
    } catch {
      answer(button, button.dataset.failed);
    }
  };
  // The keyboard of a phone comes up only for a field that takes the focus within the touch itself.
  const ask = () => {
    document.querySelector('[data-testid="stExpandSidebarButton"]')?.click();
    document.querySelector(".st-key-search input")?.focus({ preventScroll: true });
  };

  const synthesis = window.speechSynthesis;
  // A voice that is not local would be a server's: the text would leave the device.
  const voice = () => {
    const language = document.querySelector(".qd-share")?.dataset.language ?? "en";
    const speaks = (v) => v.lang.toLowerCase().split(/[-_]/)[0] === language;
    const local = synthesis ? synthesis.getVoices().filter((v) => v.localService && speaks(v)) : [];
    return local.find((v) => v.lang.replace("_", "-") === navigator.language) ?? local.find((v) => v.default) ?? local[0];
  };
  const voices = () => document.documentElement.classList.toggle(VOICE, Boolean(voice()));
  let reading = null;
  const stop = () => {
    if (!reading) return;
    clearInterval(reading.watch);
    reading.button.textContent = reading.words;
    reading = null;
    synthesis.cancel();
  };
  const aloud = (button) => {
    const isReading = reading && reading.button === button;
    stop();
    const own = voice(), box = document.querySelector(`.st-key-${CSS.escape(button.dataset.of)}`);
    if (isReading || !own || !box) return;
    const parts = [...box.querySelectorAll("h1, h2, h3, p")].map((part) => part.innerText.trim()).filter(Boolean);
    if (!parts.length) return;
    const words = button.textContent;
    button.textContent = button.dataset.stop;
    const watch = setInterval(() => { if (!button.isConnected) stop(); }, 300); // Its window was closed.
    reading = { button, watch, words };
    parts.forEach((text, index) => {
      const speech = Object.assign(new SpeechSynthesisUtterance(text), { voice: own, lang: own.lang });
      if (index === parts.length - 1) speech.onend = () => { if (reading?.button === button) stop(); };
      synthesis.speak(speech);
    });
  };
  if (synthesis) {
    voices();
    synthesis.addEventListener?.("voiceschanged", voices);
    window.addEventListener("pagehide", stop);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".qd-share, .qd-ask, .qd-aloud");
    if (!button) return;
    if (button.matches(".qd-share")) share(button);
    else if (button.matches(".qd-ask")) ask();
    else aloud(button);
  });
})();
