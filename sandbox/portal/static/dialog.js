// The settings dialog of a robot. An application's own page in it writes into hidden inputs of the form around:
// property_<id in lower case>, with [] for a multiple one. Nothing is stored before the person saves.
import { mount } from "./frame.js";
import { element } from "./request.js";

/** Show the dialog; session: of the application's page in it, null = ordinary fields. */
export function showDialog(dialog, session) {
  if (!dialog) return;
  dialog.showModal();
  if (!session) return;
  const inputs = dialog.querySelector("#properties");
  const known = JSON.parse(inputs.dataset.known);
  known.forEach((field) => write(inputs, field, field.values));
  const settings = {
    isOld: dialog.dataset.isOld === "true",
    set: (values) => {
      for (const [id, value] of Object.entries(values)) {
        const field = known.find((one) => one.name.replace("[]", "") === `property_${id.toLowerCase()}`);
        if (field) write(inputs, field, listed(value)); // ids that nobody registered are passed over
      }
    },
  };
  mount(dialog.querySelector("#settings-frame"), session, { dialog: settings });
}

function listed(value) {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : typeof value === "object" ? Object.values(value) : [value];
}

function write(inputs, field, values) {
  inputs.querySelectorAll(`[name="${CSS.escape(field.name)}"]`).forEach((input) => input.remove());
  const kept = field.multiple ? values : values.slice(0, 1);
  for (const value of kept) inputs.append(element("input", { type: "hidden", name: field.name, value }));
  if (!kept.length) inputs.append(element("input", { type: "hidden", name: field.name, value: "" }));
}
