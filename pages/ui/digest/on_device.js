// Hands the digest that stands on the page to the service worker, and says in words whether it is kept.
(async () => {
  const say = (text) => {
    const line = document.querySelector(".qd-offline");
    if (line) line.textContent = text;
  };
  if (!navigator.serviceWorker) {
    say("Nothing is kept on this device for reading without a connection: that takes an address that begins with https.");
    return;
  }
  const paper = async (tries = 100) => {
    const sheet = document.querySelector(`[data-digest="${GIVEN.mark}"]`);
    if (sheet || !tries) return sheet;
    await new Promise((go) => setTimeout(go, 100));
    return paper(tries - 1);
  };
  const sheet = await paper();
  if (!sheet) return;
  try {
    const root = new URL("./", location.href.replace(/\/+(?=[?#]|$)/, ""));
    await navigator.serviceWorker.register(new URL(GIVEN.worker, root), { scope: root.pathname });
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((go) => { port1.onmessage = (event) => go(event.data); });
    active.postMessage({ kind: "keep", html: sheet.innerHTML, ...GIVEN }, [port2]);
    const { until, problem } = await answer;
    if (problem) throw new Error(problem);
    const day = new Date(until).toLocaleDateString(undefined, { dateStyle: "long" });
    say(`Kept on this device: without a connection, any page shows this digest until ${day}. Signing out clears it.`);
  } catch {
    say("This browser does not keep the digest for reading without a connection.");
  }
})();
