"""The key that goes to the search box, and the focus that stays in the box while the page is drawn under it.

A page is drawn in several goes: the box may not be there yet when somebody presses the key, may be switched off while
the connection comes up, and may be put anew by the browser's side of Streamlit, which takes the focus and the letters
typed so far. So the wish to search is remembered: for `PATIENCE` milliseconds after the last letter the focus goes back
to the box whenever nothing else has it, with what was typed. Whoever presses the mouse, Tab, Escape or Enter, or goes
to another field, has ended the wish.
"""

PATIENCE = 3_000
SCRIPT = """<script>
if (!window.quarterdeckSearch) {
  const wish = {until: 0, box: null, text: null, isRunning: false};
  window.quarterdeckSearch = wish;
  const find = () => document.querySelector(".st-key-search input");
  const isField = (at) => at.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(at.tagName);
  const isNowhere = () => !document.activeElement || document.activeElement === document.body;
  const prolong = () => { wish.until = Date.now() + PATIENCE; };
  const put = (box, text) => {
    const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
    setter.call(box, text);
    box.dispatchEvent(new Event("input", {bubbles: true}));
  };
  const enter = (box) => {
    box.focus();
    if (document.activeElement !== box) return;
    wish.box = box;
    if (wish.text === null) box.select();
    else if (box.value !== wish.text) put(box, wish.text);
  };
  const watch = () => {
    const box = find();
    const isElsewhere = !isNowhere() && document.activeElement !== box;
    if (Date.now() > wish.until || isElsewhere) {
      Object.assign(wish, {until: 0, box: null, text: null, isRunning: false});
      return;
    }
    if (box && (box !== wish.box || isNowhere())) enter(box);
    setTimeout(watch, 30);
  };
  const start = () => {
    prolong();
    if (wish.isRunning) return;
    wish.isRunning = true;
    watch();
  };
  window.addEventListener("keydown", (event) => {
    const at = event.target;
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (["Tab", "Escape", "Enter"].includes(event.key)) {
      wish.until = 0;
    } else if (!isPlain || isField(at)) {
      return;
    } else if (wish.isRunning && Date.now() < wish.until) {
      // Typed before the box is there: Streamlit would take single letters for its own shortcuts.
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.key === "Backspace") wish.text = (wish.text ?? "").slice(0, -1);
      else if (event.key.length === 1 && (event.key !== "/" || wish.text)) wish.text = (wish.text ?? "") + event.key;
      prolong();
    } else if (event.key === "/" && document.querySelector('[data-testid="stSidebar"]')) {
      event.preventDefault();
      if (document.activeElement) document.activeElement.blur();
      start();
    }
  }, true);
  window.addEventListener("input", (event) => {
    if (event.target !== find()) return;
    wish.text = event.target.value;
    wish.box = event.target;
    start();
  }, true);
  window.addEventListener("pointerdown", () => { wish.until = 0; }, true);
}
</script>""".replace("PATIENCE", str(PATIENCE))
