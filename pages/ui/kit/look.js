// What neither an option of Streamlit nor a style reaches: names that differ, toolbars out of the way of the
// keyboard until their chart or table has the focus, and a menu that closes on a phone once a page was chosen.
(() => {
  if (window.quarterdeckLook) return;
  window.quarterdeckLook = true;
  const OWN = '[class*="st-key-method-"],[class*="st-key-rows-"],[class*="st-key-xlsx-"]';
  const TOOLS = '[data-testid="stElementToolbar"]';
  const DRAWN = '[data-testid="stVegaLiteChart"],[data-testid="stMetricChart"]';
  const PHONE = 640;

  const heading = (element) => {
    let box = element;
    while (box && !box.querySelector("h3")) box = box.parentElement;
    return box ? box.querySelector("h3").textContent.trim() : "";
  };
  const set = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };
  const tidy = () => {
    document.querySelectorAll(OWN).forEach((place) => place.querySelectorAll("button").forEach((button) => {
      const own = (button.querySelector("p") || button).textContent.trim();
      const question = heading(button);
      if (own && question) set(button, "aria-label", `${own}: ${question}`);
    }));
    document.querySelectorAll(DRAWN).forEach((chart) => {
      set(chart, "tabindex", "0");
      set(chart, "role", "group");
      places.observe(chart);
      if (!chart.getAttribute("aria-label")) set(chart, "aria-label", `Chart: ${heading(chart)}`);
    });
    document.querySelectorAll('[data-testid="stSidebar"]').forEach((side) => {
      set(side, "role", "navigation");
      set(side, "aria-label", "Pages");
    });
    document.querySelectorAll(TOOLS).forEach((bar) => {
      const box = bar.parentElement;
      const index = box && box.contains(document.activeElement) ? "0" : "-1";
      bar.querySelectorAll("button").forEach((button) => set(button, "tabindex", index));
    });
  };
  // A chart that is drawn while its place changes keeps the width it had: it is made to measure again, thrice at most.
  const misfit = (chart) => {
    const drawn = chart.querySelector("svg.marks");
    return drawn && chart.clientWidth && drawn.getBoundingClientRect().width > chart.clientWidth + 1;
  };
  const fit = (chart, tries) => {
    if (!tries || !misfit(chart)) return;
    chart.style.maxWidth = "calc(100% - 2px)";
    setTimeout(() => { chart.style.maxWidth = ""; }, 120);
    setTimeout(() => fit(chart, tries - 1), 600);
  };
  const places = new ResizeObserver((changed) => changed.forEach((entry) => {
    clearTimeout(entry.target.measuring);
    if (!entry.target.style.maxWidth) entry.target.measuring = setTimeout(() => fit(entry.target, 3), 400);
  }));
  // A link to a question that is folded away opens the fold before it leads there.
  const unfold = (name) => {
    const heading = name && document.getElementById(name);
    const fold = heading && heading.closest("details:not([open])");
    if (!fold) return;
    fold.querySelector("summary").click();
    let tries = 0, steady = 0;
    const timer = setInterval(() => { // The fold opens bit by bit.
      const top = heading.getBoundingClientRect().top;
      if (fold.open && heading.checkVisibility()) heading.scrollIntoView();
      steady = fold.open && Math.abs(top - heading.getBoundingClientRect().top) < 2 ? steady + 1 : 0;
      if (steady > 2 || ++tries > 25) clearInterval(timer);
    }, 200);
  };
  window.addEventListener("hashchange", () => unfold(decodeURIComponent(location.hash.slice(1))));
  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(tidy, 250); };
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("focusin", soon);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href*="#"]');
    if (link && link.hash) unfold(decodeURIComponent(link.hash.slice(1)));
    if (window.innerWidth > PHONE || !event.target.closest('[data-testid="stSidebar"] a')) return;
    setTimeout(() => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click(), 200);
  });
  soon();
})();
