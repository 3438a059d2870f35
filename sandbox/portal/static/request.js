// Questions of a page to the portal it came from.

/** Post JSON; the answer's JSON. Throws when the portal refuses. */
export async function post(path, body = {}) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** JSON that the server has put into the page, by the id of its script. */
export function embedded(id) {
  const found = document.getElementById(id);
  return found && JSON.parse(found.textContent);
}

/** An element with attributes and children; texts are never read as HTML. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
