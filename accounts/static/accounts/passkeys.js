/* Joins allauth's passkey script to our forms, and says in words what went wrong. No inline script: the content
   security policy refuses it. */
(function () {
  "use strict";

  const words = {
    NotAllowedError: "The passkey was not given: you cancelled, or it took too long. Try again.",
    InvalidStateError: "This device has a passkey for your account already.",
    SecurityError: "This address cannot use passkeys. They need HTTPS and a host name, on your own computer localhost.",
    NotSupportedError: "This browser or device cannot make such a passkey.",
  };

  function show(event) {
    const place = document.getElementById("passkey-trouble");
    if (!place) return;
    event.preventDefault();
    const error = event.detail.exception;
    place.textContent = words[error && error.name] || "The passkey could not be used here. Use a code instead.";
    place.hidden = false;
  }

  function start() {
    document.addEventListener("allauth.error", show);
    const forms = window.allauth.webauthn.forms;
    if (document.getElementById("passkey-use")) {
      forms.loginForm({ ids: { login: "passkey-use", credential: "passkey-credential" } });
    }
    if (document.getElementById("passkey-make")) {
      forms.addForm({ ids: { add: "passkey-make", credential: "passkey-credential", data: "passkey-offer", passwordless: "passkey-alone" } });
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
