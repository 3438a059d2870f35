// A library for pages inside a frame of the portal. It knows the frame's session from the window's name,
// "host|protocol|session", and asks the portal's page for everything by postMessage.
(function () {
  "use strict";
  var parts = window.name.split("|");
  var origin = (parts[1] === "1" ? "https://" : "http://") + parts[0];
  var sid = parts[2];
  var waiting = {};
  var lastId = 0;
  var state = null;
  var onReady = [];

  function ask(command, args, callback) {
    lastId += 1;
    if (callback) waiting[lastId] = callback;
    window.parent.postMessage({ sid: sid, id: lastId, command: command, args: args }, origin);
  }

  window.addEventListener("message", function (event) {
    var answer = event.data;
    if (event.source !== window.parent || event.origin !== origin || !answer || answer.sid !== sid) return;
    var callback = waiting[answer.id];
    delete waiting[answer.id];
    if (callback) callback(answer.result);
  });

  function Result(answer, query) {
    this.answer = answer;
    this.query = query;
  }
  Result.prototype = {
    data: function () {
      return this.answer.result;
    },
    error: function () {
      if (!this.answer.error) return undefined;
      var failure = this.answer;
      return {
        ex: failure,
        toString: function () {
          return failure.error + ": " + failure.error_description;
        },
      };
    },
    more: function () {
      return this.answer.next !== undefined;
    },
    total: function () {
      return this.answer.total;
    },
    next: function (callback) {
      if (!this.more()) return false;
      var params = Object.assign({}, this.query.params, { start: this.answer.next });
      BX24.callMethod(this.query.method, params, callback || this.query.callback);
      return true;
    },
  };

  var BX24 = {
    init: function (callback) {
      if (state) return callback();
      onReady.push(callback);
    },
    install: function (callback) {
      BX24.init(function () {
        if (!state.isInstalled) callback();
      });
    },
    installFinish: function () {
      ask("installFinish");
    },
    getAuth: function () {
      return state && state.auth.expires_in > Date.now() ? state.auth : false;
    },
    callMethod: function (method, params, callback) {
      var query = { method: method, params: params || {}, callback: callback };
      ask("callMethod", { method: method, params: query.params }, function (answer) {
        if (callback) callback(new Result(answer, query));
      });
    },
    resizeWindow: function (width, height, callback) {
      ask("resize", { width: width, height: height }, callback);
    },
    fitWindow: function (callback) {
      ask("resize", { width: "100%", height: document.documentElement.scrollHeight }, callback);
    },
    getLang: function () {
      return state.language;
    },
    getDomain: function () {
      return parts[0];
    },
    isAdmin: function () {
      return state.isAdmin;
    },
    placement: {
      info: function () {
        return state.placement;
      },
    },
  };
  window.BX24 = BX24;

  function start() {
    ask("init", {}, function (answer) {
      state = answer;
      onReady.splice(0).forEach(function (callback) {
        callback();
      });
    });
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
