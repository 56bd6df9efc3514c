// Options for live code in the page. sphinx-thebe loads thebe when the reader asks for it and then
// calls thebelab.bootstrap() without any; thebe 0.9 would let its own defaults win over the page's
// settings. Here the call gets the page's settings, as soon as thebe has loaded.
//
// The kernel comes from Binder, or from a Jupyter server on the reader's own machine:
//   localStorage.setItem("thebe-server", JSON.stringify({baseUrl: "http://127.0.0.1:8888", token: "..."}))
// with that server started so that it accepts this page:
//   jupyter server --ServerApp.allow_origin='*' --ServerApp.disable_check_xsrf=True
"use strict";
(() => {
  const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

  function ownServer() {
    const own = JSON.parse(localStorage.getItem("thebe-server") || "null");
    // Nothing but the reader's machine: a page must not send a token elsewhere.
    return own && LOOPBACK.includes(new URL(own.baseUrl).hostname) ? own : null;
  }

  function options() {
    const page = thebe.getPageConfig();
    const own = ownServer();
    document.documentElement.toggleAttribute("data-own-server", Boolean(own));
    // An empty mathjaxUrl keeps thebe from fetching its MathJax 2 from outside.
    const common = { ...page, requestKernel: true, mathjaxUrl: "", useBinder: !own };
    if (!own) return common;
    return {
      ...common,
      serverSettings: {
        baseUrl: own.baseUrl,
        wsUrl: own.baseUrl.replace(/^http/, "ws"),
        token: own.token,
        appendToken: true,
      },
      kernelOptions: { ...page.kernelOptions, kernelName: own.kernel || page.kernelOptions.name },
    };
  }

  // thebe gives the n-th output of the page to the n-th cell: each cell must have one.
  function completeOutputs() {
    for (const source of document.querySelectorAll("[data-executable]")) {
      if (source.nextElementSibling?.hasAttribute("data-output")) continue;
      const output = document.createElement("div");
      output.setAttribute("data-output", "");
      source.after(output);
    }
  }

  // Load events do not bubble, but a capturing listener sees them before sphinx-thebe's own does.
  document.addEventListener(
    "load",
    (event) => {
      if (event.target.src !== THEBE_JS_URL) return;
      const bootstrap = thebelab.bootstrap;
      thebelab.bootstrap = () => {
        completeOutputs();
        return bootstrap(options());
      };
    },
    true,
  );
})();
