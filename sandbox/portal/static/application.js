// The page of an application: one frame, opened by the server with the page.
import { mount } from "./frame.js";
import { embedded } from "./request.js";

const session = embedded("session");
if (session) mount(document.getElementById("application"), session);
