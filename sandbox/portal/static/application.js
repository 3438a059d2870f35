// The page of an application: one frame, opened by the server with the page.
import { mount } from "./frame.js";
import { embedded } from "./request.js";

const place = document.getElementById("application");
if (place) mount(place, embedded("session"));
