// The library for pages inside a frame of the portal. It knows the frame's session from the window's name,
// "host|1 for https or 0|session", and asks the portal's page for everything by texts "command:params:key:session";
// an answer is "key:json". Methods of the REST interface are called directly, with the token of the frame.
(function () {
  "use strict";
  const [host, protocol, sid] = window.name.split("|");
  if (!host || !sid) throw new Error("The page is not inside a frame of the portal");
  const domain = host.replace(/:(80|443)$/, "");
  const origin = `${Number(protocol) === 1 ? "https" : "http"}://${domain}`;
  const callbacks = new Map();
  const waiting = [];
  const installers = [];
  let state = null;
  let isStarted = false;

  const isFunction = (value) => typeof value === "function";

  function send(command, params, callback) {
    let key = "";
    if (callback) {
      key = crypto.getRandomValues(new Uint32Array(4)).join("");
      callbacks.set(key, callback); // kept: an event answers to one key again and again
    }
    window.parent.postMessage(`${command}:${params ? JSON.stringify(params) : ""}:${key}:${sid}`, origin);
  }

  window.addEventListener("message", (event) => {
    if (event.origin !== origin || typeof event.data !== "string") return;
    const cut = event.data.indexOf(":");
    const callback = callbacks.get(event.data.slice(0, cut));
    const text = event.data.slice(cut + 1);
    if (callback) callback(text ? JSON.parse(text) : []);
  });

  const later = (callback) => setTimeout(callback, 0);

  function takeToken(given) {
    state.AUTH_ID = given.AUTH_ID;
    state.REFRESH_ID = given.REFRESH_ID;
    state.AUTH_EXPIRES = Date.now() + 1000 * Number(given.AUTH_EXPIRES); // a moment, not a number of seconds
  }

  function start(given) {
    state = { ...given };
    takeToken(given);
    if (given.FIRST_RUN && installers.length) return install();
    ready();
  }

  function install() {
    const next = installers.shift();
    if (!next) {
      send("setInstall", { install: true });
      BX24.installFinish = finish;
      return ready();
    }
    BX24.installFinish = install; // during a first run it leads to the next installer
    next();
  }

  function ready() {
    isStarted = true;
    waiting.splice(0).forEach(later);
  }

  function finish() {
    if (!state || state.INSTALL) send("setInstallFinish", {});
  }

  function put(pairs, name, value) {
    if (value instanceof Date) pairs.append(name, value.toJSON());
    else if (Array.isArray(value) && !value.length) pairs.append(name, "");
    else if (value && typeof value === "object")
      Object.entries(value).forEach(([key, part]) => put(pairs, `${name}[${key}]`, part));
    else pairs.append(name, value ?? "");
  }

  function form(params) {
    const pairs = new URLSearchParams();
    Object.entries(params || {}).forEach(([name, value]) => put(pairs, name, value));
    return pairs;
  }

  async function ask(method, params) {
    if (state.AUTH_EXPIRES < Date.now()) await refreshed();
    let answer = await post(method, params);
    if (answer.body.error === "expired_token") {
      await refreshed();
      answer = await post(method, params);
    }
    return answer;
  }

  async function post(method, params) {
    const body = form(params);
    body.set("auth", state.AUTH_ID);
    const url = `${origin}${state.PATH}/${encodeURIComponent(method)}.json`;
    const response = await fetch(url, { method: "POST", body });
    return { status: response.status, body: await response.json() };
  }

  const refreshed = () => new Promise((resolve) => BX24.refreshAuth(resolve));

  class Failure {
    constructor(status, body) {
      this.status = status;
      this.ex = body;
    }
    getError() {
      return this.ex;
    }
    getStatus() {
      return this.status;
    }
    toString() {
      const text = this.ex.error_description;
      return `${this.ex.error}${text ? `: ${text}` : ""} (${this.status})`;
    }
  }

  class Result {
    constructor(answer, query) {
      this.answer = answer.body;
      this.status = answer.status;
      this.query = query;
      const failed = this.answer.error;
      if (failed !== undefined) this.failure = new Failure(this.status, failed.error ? failed : this.answer);
    }
    data() {
      return this.answer.result;
    }
    error() {
      return this.failure;
    }
    error_description() {
      return this.answer.error_description;
    }
    more() {
      return this.answer.next !== undefined;
    }
    total() {
      return Number(this.answer.total);
    }
    next(callback) {
      if (!this.more()) return false;
      const { method, params } = this.query;
      BX24.callMethod(method, { ...params, start: this.answer.next }, callback || this.query.callback);
      return true;
    }
  }

  function command(call) {
    const [method, params] = Array.isArray(call) ? call : [call.method, call.params];
    const query = form(params).toString();
    return query ? `${method}?${query}` : method;
  }

  function shared(calls, answer) {
    const found = answer.body.result;
    const one = (key) => {
      const failed = found.result_error[key];
      const body = { result: found.result[key], total: found.result_total[key], next: found.result_next[key] };
      return new Result({ status: answer.status, body: failed ? { ...body, error: failed } : body }, {});
    };
    const pairs = Object.keys(calls)
      .filter((key) => found.result[key] !== undefined || found.result_error[key] !== undefined)
      .map((key) => [key, one(key)]);
    return Object.assign(Array.isArray(calls) ? [] : {}, Object.fromEntries(pairs));
  }

  function options(names, command) {
    return {
      get: (name) => state[names][name],
      set: (name, value, callback) => {
        if (command === "setAppOption" && !state.IS_ADMIN) return;
        state[names] = { ...state[names], [name]: value };
        send(command, { name, value }, callback);
      },
    };
  }

  const withoutTitle = (title, callback) => (isFunction(title) ? title : callback);

  const BX24 = {
    init: function (callback) {
      if (isStarted) later(callback);
      else waiting.push(callback);
    },
    install: function (callback) {
      installers.push(callback);
    },
    installFinish: function () {
      finish();
    },
    getAuth: function () {
      if (!state || state.AUTH_EXPIRES <= Date.now()) return false;
      return {
        access_token: state.AUTH_ID,
        refresh_token: state.REFRESH_ID,
        expires_in: state.AUTH_EXPIRES,
        domain: domain,
        member_id: state.MEMBER_ID,
      };
    },
    refreshAuth: function (callback) {
      send("refreshAuth", {}, (given) => {
        takeToken(given);
        if (callback) callback(BX24.getAuth());
      });
    },
    callMethod: function (method, params, callback) {
      const query = { method, params: params || {}, callback };
      BX24.init(async () => {
        const result = new Result(await ask(method, query.params), query);
        if (callback) callback(result);
      });
    },
    callBatch: function (calls, callback, halt) {
      const cmd = Object.fromEntries(Object.entries(calls).map(([key, call]) => [key, command(call)]));
      BX24.init(async () => {
        const answer = await ask("batch", { halt: halt ? 1 : 0, cmd });
        if (callback) callback(shared(calls, answer));
      });
    },
    callBind: function (event, handler, auth_type, callback) {
      BX24.callMethod("event.bind", { event, handler, auth_type: auth_type || 0 }, callback);
    },
    callUnbind: function (event, handler, auth_type, callback) {
      BX24.callMethod("event.unbind", { event, handler, ...(auth_type == null ? {} : { auth_type }) }, callback);
    },
    resizeWindow: function (width, height, callback) {
      if (width > 0 && height > 0) send("resizeWindow", { width, height }, callback);
    },
    fitWindow: function (callback) {
      send("resizeWindow", { width: "100%", height: BX24.getScrollSize().scrollHeight }, callback);
    },
    getScrollSize: function () {
      const page = document.documentElement;
      return {
        scrollWidth: Math.max(page.scrollWidth, page.offsetWidth),
        scrollHeight: Math.max(page.scrollHeight, page.offsetHeight),
      };
    },
    scrollParentWindow: function (scroll, callback) {
      send("setScroll", { scroll }, callback);
    },
    setTitle: function (title, callback) {
      send("setTitle", { title: String(title) }, callback);
    },
    reloadWindow: function (callback) {
      send("reloadWindow", {}, callback);
    },
    openPath: function (path, callback) {
      send("openPath", { path }, callback);
    },
    openApplication: function (params, callback) {
      if (isFunction(params)) [params, callback] = [{}, params];
      send("openApplication", params || {}, callback);
    },
    closeApplication: function (callback) {
      send("closeApplication", null, callback);
    },
    selectUser: function (title, callback) {
      send("selectUser", { mult: false }, withoutTitle(title, callback));
    },
    selectUsers: function (title, callback) {
      send("selectUser", { mult: true }, withoutTitle(title, callback));
    },
    getLang: function () {
      return state.LANG;
    },
    getDomain: function () {
      return domain;
    },
    isAdmin: function () {
      return state.IS_ADMIN === true;
    },
    appOption: options("APP_OPTIONS", "setAppOption"),
    userOption: options("USER_OPTIONS", "setUserOption"),
    placement: {
      info: function () {
        return { placement: state.PLACEMENT, options: state.PLACEMENT_OPTIONS };
      },
      getInterface: function (callback) {
        send("getInterface", null, callback);
      },
      call: function (command, params, callback) {
        if (command in BX24) return; // the library's own commands do not go this way
        if (isFunction(params)) [params, callback] = [{}, params];
        send(command, params || {}, callback);
      },
      bindEvent: function (event, callback) {
        send("placementBindEvent", { event }, callback);
      },
    },
  };
  window.BX24 = BX24;

  const begin = () => send("getInitData", null, start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
