/* What the staff admin adds to its theme: tabs that work from the keyboard and can be linked to, forms that are sent
   once, and pages that follow a job. No inline script anywhere: the content security policy refuses it. */
(function () {
  "use strict";

  function openTab(tabs, slug, focus) {
    tabs.querySelectorAll("[role=tab]").forEach(function (tab) {
      const chosen = tab.dataset.tab === slug;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) {
        const list = tab.parentElement;
        list.scrollLeft = Math.max(0, tab.offsetLeft - list.offsetLeft - 40);
        if (focus) tab.focus({ preventScroll: true });
      }
    });
    tabs.querySelectorAll("[data-panel]").forEach(function (panel) {
      panel.hidden = panel.dataset.panel !== slug;
    });
    try {
      sessionStorage.setItem("staff-tab:" + location.pathname, slug);
    } catch (refused) { /* storage may be closed: the tab is then not remembered */ }
    window.dispatchEvent(new Event("resize"));
  }

  function targetOf(hash) {
    if (!hash || hash.length < 2) return null;
    const name = decodeURIComponent(hash.slice(1));
    const field = name.startsWith("field-") ? name.slice(6) : name;
    return document.getElementById(name) || document.querySelector("." + CSS.escape("field-" + field));
  }

  function followHash(tabs) {
    const target = targetOf(location.hash);
    const panel = target && target.closest("[data-panel]");
    if (!panel || !tabs.contains(panel)) return false;
    openTab(tabs, panel.dataset.panel, false);
    target.scrollIntoView({ block: "center" });
    target.classList.add("st-target");
    const input = target.querySelector("input:not([type=hidden]), select, textarea, a, button");
    if (input) input.focus({ preventScroll: true });
    return true;
  }

  function prepareTabs(tabs) {
    const list = Array.from(tabs.querySelectorAll("[role=tab]"));
    if (!list.length) return;
    tabs.dataset.ready = "";
    list.forEach(function (tab, position) {
      tab.addEventListener("click", function () { openTab(tabs, tab.dataset.tab, true); });
      tab.addEventListener("keydown", function (event) {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        let next = null;
        if (step) next = list[(position + step + list.length) % list.length];
        if (event.key === "Home") next = list[0];
        if (event.key === "End") next = list[list.length - 1];
        if (next) {
          event.preventDefault();
          openTab(tabs, next.dataset.tab, true);
        }
      });
    });
    const wrong = list.find(function (tab) { return tab.querySelector("[data-errors]"); });
    let remembered = null;
    try {
      remembered = sessionStorage.getItem("staff-tab:" + location.pathname);
    } catch (refused) { /* as above */ }
    const known = list.find(function (tab) { return tab.dataset.tab === remembered; });
    openTab(tabs, (wrong || known || list[0]).dataset.tab, false);
    // The theme hides the page until its scripts have run, and what is hidden takes no focus: hence only then.
    if (!wrong) window.addEventListener("load", function () { followHash(tabs); });
    window.addEventListener("hashchange", function () { followHash(tabs); });
    tabs.ownerDocument.addEventListener("click", function (event) {
      const link = event.target.closest("a[href^='#']");
      if (link && link.getAttribute("href") === location.hash) followHash(tabs);
    });
  }

  function sendOnce(form) {
    form.addEventListener("submit", function (event) {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      form.querySelectorAll("button[type=submit]").forEach(function (button) { button.setAttribute("aria-disabled", "true"); });
    });
    window.addEventListener("pageshow", function () {
      delete form.dataset.sent;
      form.querySelectorAll("button[type=submit]").forEach(function (button) { button.removeAttribute("aria-disabled"); });
    });
  }

  function followJob(section) {
    const bar = section.querySelector("progress");
    async function ask() {
      let answer;
      try {
        const response = await fetch(section.dataset.follow, { credentials: "same-origin", headers: { Accept: "application/json" } });
        if (!response.ok) return;
        answer = await response.json();
      } catch (offline) {
        setTimeout(ask, 5000);
        return;
      }
      if (answer.over) {
        location.reload();
        return;
      }
      bar.value = answer.percent;
      section.querySelector("[data-follow-state]").textContent = answer.state;
      section.querySelector("[data-follow-rows]").textContent = answer.rows_read.toLocaleString("en-GB");
      setTimeout(ask, 1000);
    }
    setTimeout(ask, 1000);
  }

  function addSkipLink() {
    const content = document.getElementById("content");
    if (!content || document.querySelector(".st-skip")) return;
    content.tabIndex = -1;
    const link = document.createElement("a");
    link.className = "st-skip";
    link.href = "#content";
    link.textContent = "Skip to the content";
    document.body.prepend(link);
  }

  document.addEventListener("DOMContentLoaded", function () {
    addSkipLink();
    document.querySelectorAll("[data-tabs]").forEach(prepareTabs);
    document.querySelectorAll("form[data-submit-once]").forEach(sendOnce);
    document.querySelectorAll("[data-follow]").forEach(followJob);
  });
})();
