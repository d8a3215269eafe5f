// What the page says, in the language that is chosen.
const all = JSON.parse(document.getElementById("words").textContent);
const root = document.documentElement;

/** A sentence by its key; `{name}` in it becomes `values.name`. */
export function say(key, values = {}) {
  const words = all[root.lang] ?? all.en;
  return (words[key] ?? words["error-failed"]).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Says everything on the page in another language. */
export function speak(language) {
  if (!(language in all)) return;
  root.lang = language;
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say, element.dataset);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", button.dataset.language === language);
  }
}
