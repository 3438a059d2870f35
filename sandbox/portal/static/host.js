// The portal's side of a frame: answers what the library inside asks by postMessage.
(function () {
  "use strict";
  var session = JSON.parse(document.getElementById("session").textContent);
  var frame = document.getElementById("application");
  var commands = {
    init: function (args, answer) {
      answer({
        auth: {
          access_token: session.auth.AUTH_ID,
          refresh_token: session.auth.REFRESH_ID,
          domain: session.domain,
          member_id: session.auth.member_id,
          expires_in: Date.now() + 1000 * Number(session.auth.AUTH_EXPIRES),
        },
        language: session.language,
        isAdmin: session.isAdmin,
        isInstalled: session.isInstalled,
        placement: { placement: session.placement, options: session.options },
      });
    },
    installFinish: function () {
      fetch("/_frame/" + session.sid + "/finish", { method: "POST" }).then(function () {
        location.reload();
      });
    },
    callMethod: function (args, answer) {
      var body = Object.assign({}, args.params, { auth: session.auth.AUTH_ID });
      fetch("/rest/" + encodeURIComponent(args.method), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      })
        .then(function (response) {
          return response.json();
        })
        .then(answer, function () {
          answer({ error: "NETWORK_ERROR", error_description: "The portal did not answer" });
        });
    },
    resize: function (args, answer) {
      if (args.width) frame.style.width = typeof args.width === "number" ? args.width + "px" : args.width;
      if (args.height) frame.style.height = args.height + "px";
      answer({ width: frame.clientWidth, height: frame.clientHeight });
    },
  };
  window.addEventListener("message", function (event) {
    var question = event.data;
    if (event.source !== frame.contentWindow || !question || question.sid !== session.sid) return;
    var command = commands[question.command];
    if (!command) return; // unknown commands are passed over in silence
    command(question.args || {}, function (result) {
      frame.contentWindow.postMessage({ sid: session.sid, id: question.id, result: result }, event.origin);
    });
  });
  document.getElementById("post").submit();
})();
