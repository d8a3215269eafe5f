// What the page says, in the language that is chosen.
const all = JSON.parse(document.getElementById("words").textContent);
const root = document.documentElement;
const KEPT = "copyart-language";

/** A sentence by its key; `{name}` in it becomes `values.name`. */
export function say(key, values = {}) {
  const words = all[root.lang] ?? all.en;
  return (words[key] ?? words["error-failed"]).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Why something is refused: the first sentence of what is said of it, without what to do. */
export const reason = code => say(`error-${code}`).match(/^.*?[.!?](?=\s|$)/)[0];

/** Says everything on the page in another language, and next time too. */
export function speak(language) {
  if (!(language in all)) return;
  root.lang = language;
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say, element.dataset);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", button.dataset.language === language);
  }
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // A browser that keeps nothing is asked for its languages next time.
  }
}

/** Says everything in the language that was chosen here before, if one was. */
export function speakAsBefore() {
  try {
    speak(localStorage.getItem(KEPT));
  } catch {
    // A browser that keeps nothing has been answered in its own language.
  }
}
