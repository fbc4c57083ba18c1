/* Copying a hash or a serial from the ledger's staff pages. */
(function () {
  "use strict";

  function selectBeside(button) {
    const code = button.previousElementSibling;
    if (!code) return;
    code.textContent = button.dataset.copy;
    window.getSelection().selectAllChildren(code);
  }

  document.addEventListener("click", async function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch (refused) {
      // Without a secure connection there is no clipboard: show all of it, selected, ready for the keys.
      selectBeside(button);
      button.textContent = "Selected";
    }
    setTimeout(function () { button.textContent = "Copy"; }, 2000);
  });
})();
